package io.clawpod.spawner.reap;

import io.clawpod.common.InvalidValue;
import java.time.Duration;

/**
 * What the operator has set for the reading of heartbeats.
 *
 * @param readEvery how often each is read; 1 second to an hour
 * @param endAfter for how long a heartbeat has to be stale before its session is ended for it, if it is to be; not negative
 */
public record HeartbeatSettings(Duration readEvery, Duration endAfter) {
    /** @throws InvalidValue if a duration is out of bounds */
    public HeartbeatSettings {
        if (readEvery.compareTo(Duration.ofSeconds(1)) < 0 || readEvery.compareTo(Duration.ofHours(1)) > 0) {
            throw new InvalidValue("read-every", "is out of bounds", "use 1 second (PT1S) to an hour (PT1H)");
        }
        if (endAfter.isNegative()) {
            throw new InvalidValue("end-after", "is negative", "use PT0S or more");
        }
    }
}
