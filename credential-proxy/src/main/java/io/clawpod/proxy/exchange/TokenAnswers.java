package io.clawpod.proxy.exchange;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Answers of endpoints that issue tokens. A token issued to the real credential is as good as the credential, and no scrub
 * knows it, so it is taken out of the answer before an agent sees it. Pure.
 */
final class TokenAnswers {
    /** The greatest answer of a token endpoint, in bytes; real ones have a tenth of it. */
    static final int MAX_BYTES = 64 * 1024;

    static final String PLACEHOLDER = "***";

    /** The last segments of token endpoints: {@code /v1/oauth/token}, {@code /login/oauth/access_token}, and the like. */
    private static final Set<String> SEGMENTS =
            Set.of("token", "tokens", "access_token", "access_tokens", "access-token", "refresh_token", "device_token");

    private static final Set<String> MEMBERS = Set.of(
            "access_token", "refresh_token", "id_token", "token", "client_secret", "accesstoken", "refreshtoken");

    private TokenAnswers() {}

    /**
     * Whether a target names an endpoint that issues tokens.
     *
     * @param target path and query; encoded characters of the path count as what they encode
     */
    static boolean issues(String target) {
        int query = target.indexOf('?');
        String path = decoded(query < 0 ? target : target.substring(0, query)).toLowerCase(Locale.ROOT);
        List<String> segments = java.util.Arrays.stream(path.split("/", -1))
                .map(segment -> segment.split(";", 2)[0])
                .filter(segment -> !segment.isEmpty())
                .toList();
        if (segments.isEmpty()) {
            return false;
        }
        String last = segments.get(segments.size() - 1);
        return SEGMENTS.contains(last);
    }

    /**
     * An answer's body without the tokens in it: the value of each member that holds one, at any depth, is replaced.
     *
     * @return null if the body is no JSON object or array, and so cannot be judged
     */
    static @Nullable Buffer redact(Buffer body) {
        Object json;
        try {
            json = Json.decodeValue(body);
        } catch (DecodeException e) {
            return null;
        }
        if (json instanceof JsonObject object) {
            redact(object);
            return object.toBuffer();
        }
        if (json instanceof JsonArray array) {
            redact(array);
            return array.toBuffer();
        }
        return null;
    }

    private static void redact(JsonObject object) {
        for (String name : Set.copyOf(object.fieldNames())) {
            Object value = object.getValue(name);
            if (MEMBERS.contains(name.toLowerCase(Locale.ROOT)) && value != null) {
                object.put(name, PLACEHOLDER);
            } else {
                within(value);
            }
        }
    }

    private static void redact(JsonArray array) {
        array.forEach(TokenAnswers::within);
    }

    private static void within(@Nullable Object value) {
        if (value instanceof JsonObject object) {
            redact(object);
        } else if (value instanceof JsonArray array) {
            redact(array);
        }
    }

    private static String decoded(String path) {
        StringBuilder plain = new StringBuilder(path.length());
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            int high = i + 2 < path.length() ? Character.digit(path.charAt(i + 1), 16) : -1;
            int low = high < 0 ? -1 : Character.digit(path.charAt(i + 2), 16);
            if (c == '%' && low >= 0) {
                plain.append((char) (high * 16 + low));
                i += 2;
            } else {
                plain.append(c);
            }
        }
        return plain.toString();
    }
}
