package io.clawpod.proxy.audit;

import java.time.Instant;

/** Instants as text, for lines of which many share a second: most of the text is the last line's. Thread-safe. */
final class Timestamp {
    private record Second(long number, String text) {}

    private static volatile Second last = second(0);

    private Timestamp() {}

    /** What {@link Instant#toString()} gives (ISO 8601, in UTC, with no, 3, 6 or 9 decimals). */
    static String of(Instant time) {
        Second second = last;
        if (second.number() != time.getEpochSecond()) {
            second = second(time.getEpochSecond());
            last = second;
        }
        int nanos = time.getNano();
        if (nanos == 0) {
            return second.text() + "Z";
        }
        int decimals = nanos % 1_000_000 == 0 ? 3 : nanos % 1_000 == 0 ? 6 : 9;
        // The leading 1 keeps the zeros after the point.
        return second.text() + "." + Integer.toString(1_000_000_000 + nanos).substring(1, 1 + decimals) + "Z";
    }

    private static Second second(long number) {
        String text = Instant.ofEpochSecond(number).toString();
        return new Second(number, text.substring(0, text.length() - 1));
    }
}
