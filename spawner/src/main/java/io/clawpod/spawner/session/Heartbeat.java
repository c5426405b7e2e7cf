package io.clawpod.spawner.session;

import io.clawpod.common.InvalidValue;
import java.time.Duration;

/**
 * The file whose modification time is the agent's sign of life.
 *
 * @param file absolute path in the container
 * @param maxAge the greatest age of a live agent's file; 1 second to 24 hours
 */
public record Heartbeat(String file, Duration maxAge) {
    /** @throws InvalidValue if the path is not absolute or the age out of bounds */
    public Heartbeat {
        file = Mount.mountPoint("file", file);
        if (maxAge.compareTo(Duration.ofSeconds(1)) < 0 || maxAge.compareTo(Duration.ofDays(1)) > 0) {
            throw new InvalidValue("maxAge", "is out of bounds", "use 1 second (PT1S) to 24 hours (PT24H)");
        }
    }
}
