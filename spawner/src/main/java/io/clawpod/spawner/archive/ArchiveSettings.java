package io.clawpod.spawner.archive;

import io.clawpod.common.InvalidValue;
import java.time.Duration;

/**
 * What the operator has set for the archive.
 *
 * @param required whether no session is made while the archive cannot be written
 * @param maxAge how long a session is kept after its end; at least a minute
 * @param maxBytes how much is kept in all; at least 1 MiB
 * @param rotateBytes how much of a log goes into one file, unpacked; at least 64 KiB
 * @param flushEvery how long a line may wait in memory; at least a second
 * @param usageEvery how often it is looked at what a session uses; zero for never
 */
public record ArchiveSettings(
        boolean required, Duration maxAge, long maxBytes, long rotateBytes, Duration flushEvery, Duration usageEvery) {
    /** @throws InvalidValue if a value is out of bounds */
    public ArchiveSettings {
        atLeast("max-age", maxAge, Duration.ofMinutes(1));
        atLeast("flush-every", flushEvery, Duration.ofSeconds(1));
        if (!usageEvery.isZero()) {
            atLeast("usage-every", usageEvery, Duration.ofSeconds(5));
        }
        if (maxBytes < 1 << 20) {
            throw new InvalidValue("max-bytes", "is too small", "use at least 1048576");
        }
        if (rotateBytes < 1 << 16) {
            throw new InvalidValue("rotate-bytes", "is too small", "use at least 65536");
        }
    }

    private static void atLeast(String field, Duration value, Duration least) {
        if (value.compareTo(least) < 0) {
            throw new InvalidValue(field, "is too short", "use at least " + least);
        }
    }

    LogLimits limits() {
        return new LogLimits(rotateBytes, flushEvery);
    }
}
