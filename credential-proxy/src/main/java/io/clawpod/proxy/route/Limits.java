package io.clawpod.proxy.route;

import io.clawpod.common.InvalidValue;
import java.time.Duration;

/**
 * What one route's calls may take.
 *
 * @param bodyBytes of a request, in bytes; 0 means no limit
 * @param concurrentCalls of one session at a time; 0 means no limit
 * @param callsPerMinute of one session; 0 means no limit
 * @param timeToFirstByte from the request's end to the head of the answer; zero means no limit
 * @param idle greatest silence within an answer; zero means no limit
 */
public record Limits(long bodyBytes, int concurrentCalls, int callsPerMinute, Duration timeToFirstByte, Duration idle) {
    /** Enough for an agent that thinks for ten minutes before it says a word. */
    public static final Limits DEFAULT = new Limits(0, 0, 0, Duration.ofMinutes(15), Duration.ofMinutes(15));

    /** @throws InvalidValue if a limit is negative */
    public Limits {
        notNegative("bodyBytes", bodyBytes);
        notNegative("concurrentCalls", concurrentCalls);
        notNegative("callsPerMinute", callsPerMinute);
        notNegative("timeToFirstByte", timeToFirstByte.toMillis());
        notNegative("idle", idle.toMillis());
    }

    private static void notNegative(String field, long value) {
        if (value < 0) {
            throw new InvalidValue(field, "is negative", "use 0 for no limit, or more");
        }
    }
}
