package io.clawpod.spawner.reap;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What was read of a session's heartbeat.
 *
 * @param at when, by the clock of this process
 * @param modified the file's modification time, by the clock of whoever keeps it; absent if there is no file
 * @param age of the file then, by the clock of its node, so that clocks that differ do no harm; not negative, and absent if
 *     there is no file
 */
record Reading(
        Instant at, @Nullable Instant modified, @Nullable Duration age) {
    /** @param nodeTime seconds since 1970 on the session's node */
    static Reading of(Instant at, long nodeTime, long modified) {
        return new Reading(at, Instant.ofEpochSecond(modified), Duration.ofSeconds(Math.max(0, nodeTime - modified)));
    }

    static Reading noFile(Instant at) {
        return new Reading(at, null, null);
    }

    boolean isOlderThan(Duration maxAge) {
        return age == null || age.compareTo(maxAge) > 0;
    }
}
