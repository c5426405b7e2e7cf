package io.clawpod.common;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A problem document (RFC 9457). Besides the standard members it has {@code code}, and where they help {@code field}
 * (which part of the request), {@code remedy} (what would be right) and {@code id} (which the log line shares).
 *
 * @param detail what happened this time, without secrets and without exception text
 */
public record Problem(
        ErrorCode code,
        String detail,
        @Nullable String field,
        @Nullable String remedy,
        @Nullable String id) {
    /** The media type of problem documents (RFC 9457 section 3). */
    public static final String MEDIA_TYPE = "application/problem+json";

    public static Problem of(ErrorCode code, String detail) {
        return new Problem(code, detail, null, null, null);
    }

    public static Problem of(ErrorCode code, String detail, String remedy) {
        return new Problem(code, detail, null, remedy, null);
    }

    /** The problem that an invalid value makes, under {@code code}. */
    public static Problem of(ErrorCode code, InvalidValue invalid) {
        return new Problem(code, invalid.field() + " " + invalid.fault(), invalid.field(), invalid.remedy(), null);
    }

    public Problem withId(String id) {
        return new Problem(code, detail, field, remedy, id);
    }

    /** The members in the order in which they are best read; serialises to the document with any JSON library. */
    public Map<String, Object> members() {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("type", "urn:clawpod:problem:" + code.code());
        members.put("title", code.title());
        members.put("status", code.status());
        members.put("code", code.code());
        members.put("detail", detail);
        put(members, "field", field);
        put(members, "remedy", remedy);
        put(members, "id", id);
        return members;
    }

    private static void put(Map<String, Object> members, String name, @Nullable String value) {
        if (value != null) {
            members.put(name, value);
        }
    }
}
