package io.clawpod.proxy.testing;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A span as it came to the collector.
 *
 * @param parent the parent's span id; empty for none
 * @param kind 2 for SERVER, 3 for CLIENT
 * @param status 0 for unset, 2 for ERROR
 * @param resource attributes of what reports it
 * @see <a href="https://github.com/open-telemetry/opentelemetry-proto">the fields' numbers</a>
 */
public record ReportedSpan(
        String trace,
        String id,
        String parent,
        String name,
        long kind,
        Map<String, Object> attributes,
        List<String> events,
        long status,
        String description,
        String state,
        String scope,
        Map<String, Object> resource) {
    public static final int SERVER = 2;
    public static final int CLIENT = 3;
    public static final int ERROR = 2;

    /** The spans of one ResourceSpans message. */
    static List<ReportedSpan> read(UnknownFieldSet ofResource) throws InvalidProtocolBufferException {
        Map<String, Object> resource = attributes(messages(ofResource, 1).get(0), 1);
        List<ReportedSpan> read = new ArrayList<>();
        for (UnknownFieldSet ofScope : messages(ofResource, 2)) {
            String scope = text(messages(ofScope, 1).get(0), 1);
            for (UnknownFieldSet span : messages(ofScope, 2)) {
                List<String> events = new ArrayList<>();
                for (UnknownFieldSet event : messages(span, 11)) {
                    events.add(text(event, 2));
                }
                List<UnknownFieldSet> status = messages(span, 15);
                read.add(new ReportedSpan(
                        hex(span, 1),
                        hex(span, 2),
                        hex(span, 4),
                        text(span, 5),
                        number(span, 6),
                        attributes(span, 9),
                        events,
                        status.isEmpty() ? 0 : number(status.get(0), 3),
                        status.isEmpty() ? "" : text(status.get(0), 2),
                        text(span, 3),
                        scope,
                        resource));
            }
        }
        return read;
    }

    static List<UnknownFieldSet> messages(UnknownFieldSet message, int field) throws InvalidProtocolBufferException {
        List<UnknownFieldSet> read = new ArrayList<>();
        for (ByteString bytes : message.getField(field).getLengthDelimitedList()) {
            read.add(UnknownFieldSet.parseFrom(bytes));
        }
        return read;
    }

    /** A list of KeyValue; of the values only text and whole numbers are read. */
    private static Map<String, Object> attributes(UnknownFieldSet message, int field)
            throws InvalidProtocolBufferException {
        Map<String, Object> read = new TreeMap<>();
        for (UnknownFieldSet pair : messages(message, field)) {
            UnknownFieldSet value = messages(pair, 2).get(0);
            read.put(text(pair, 1), value.hasField(3) ? (Object) number(value, 3) : text(value, 1));
        }
        return read;
    }

    private static ByteString bytes(UnknownFieldSet message, int field) {
        List<ByteString> all = message.getField(field).getLengthDelimitedList();
        return all.isEmpty() ? ByteString.EMPTY : all.get(0);
    }

    private static String text(UnknownFieldSet message, int field) {
        return bytes(message, field).toStringUtf8();
    }

    private static String hex(UnknownFieldSet message, int field) {
        return HexFormat.of().formatHex(bytes(message, field).toByteArray());
    }

    private static long number(UnknownFieldSet message, int field) {
        List<Long> all = message.getField(field).getVarintList();
        return all.isEmpty() ? 0 : all.get(0);
    }
}
