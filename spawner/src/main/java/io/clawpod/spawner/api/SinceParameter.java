package io.clawpod.spawner.api;

import io.clawpod.common.InvalidValue;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;

/** A time from which on something is wanted. */
final class SinceParameter {
    private SinceParameter() {}

    /**
     * @param text an RFC 3339 time, or an ISO 8601 duration before {@code now}
     * @throws InvalidValue if it is neither
     */
    static Instant parse(String text, Instant now) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException notATime) {
            Duration ago = SessionRequest.duration("since", text);
            return ago == null ? now : now.minus(ago);
        }
    }
}
