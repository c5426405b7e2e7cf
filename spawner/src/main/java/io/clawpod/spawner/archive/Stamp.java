package io.clawpod.spawner.archive;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/**
 * The time that a line of a stored log begins with, as the kubelet puts it.
 *
 * @param length with the space behind it, in bytes
 */
record Stamp(Instant time, int length) {
    /** {@code 2026-01-02T03:04:05Z} */
    private static final int SHORTEST = 20;
    /** RFC 3339 with nanoseconds and an offset. */
    private static final int LONGEST = 35;

    /** Null if the line begins otherwise. */
    static @Nullable Stamp read(byte[] line, int length) {
        int end = length(line, 0, length);
        if (end < 0) {
            return null;
        }
        try {
            String text = new String(line, 0, end - 1, StandardCharsets.US_ASCII);
            return new Stamp(OffsetDateTime.parse(text).toInstant(), end);
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    /** How long what stands there and looks like a time is, with the space behind it; -1 if nothing does. */
    static int length(byte[] bytes, int from, int to) {
        if (to - from <= SHORTEST || bytes[from + 4] != '-' || bytes[from + 10] != 'T') {
            return -1;
        }
        int end = from + SHORTEST - 1;
        while (end < to && end - from <= LONGEST && bytes[end] != ' ') {
            end++;
        }
        return end < to && bytes[end] == ' ' ? end - from + 1 : -1;
    }
}
