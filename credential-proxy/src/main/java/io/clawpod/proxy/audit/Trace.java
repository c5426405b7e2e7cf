package io.clawpod.proxy.audit;

import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/**
 * The trace that a call is part of.
 *
 * @param id the trace id: 32 lower-case hex digits
 * @param traceparent the header's value
 * @param made whether the caller sent none that counts, so that this one is new and no tracestate belongs to it
 * @see <a href="https://www.w3.org/TR/trace-context/#traceparent-header">W3C Trace Context, section 3.2</a>
 */
public record Trace(String id, String traceparent, boolean made) {
    /** Where the parts of a traceparent are, each after a dash: the trace id, the span id, the flags. */
    private static final int TRACE_ID = 3;

    private static final int SPAN_ID = 36;
    private static final int FLAGS = 53;

    private static final int LENGTH = 55;
    private static final Pattern FORM =
            Pattern.compile("(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");

    /** The id of the span that it names: 16 lower-case hex digits. */
    public String spanId() {
        return traceparent.substring(SPAN_ID, FLAGS - 1);
    }

    /** Its flags: 2 lower-case hex digits. */
    public String flags() {
        return traceparent.substring(FLAGS, LENGTH);
    }

    /** The trace that a request's traceparent headers name, or a new one. */
    static Trace of(List<String> traceparents) {
        if (traceparents.size() == 1) {
            String value = traceparents.get(0).trim();
            // A version to come may add fields at the end, after a dash.
            boolean later = value.length() > LENGTH && value.charAt(LENGTH) == '-' && !value.startsWith("00");
            if ((value.length() == LENGTH || later)
                    && FORM.matcher(value.substring(0, LENGTH)).matches()) {
                return new Trace(value.substring(TRACE_ID, SPAN_ID - 1), value, false);
            }
        }
        ThreadLocalRandom random = ThreadLocalRandom.current();
        HexFormat hex = HexFormat.of();
        // An id of zeros means "none"; the lowest bit keeps it from that.
        String id = hex.toHexDigits(random.nextLong()) + hex.toHexDigits(random.nextLong() | 1);
        return new Trace(id, "00-" + id + "-" + hex.toHexDigits(random.nextLong() | 1) + "-00", true);
    }
}
