package io.clawpod.spawner.session;

import io.clawpod.common.InvalidValue;
import org.jspecify.annotations.Nullable;

/**
 * What a session may use. An absent value means the configured default, or no limit.
 *
 * @param cpuMillis thousandths of a core
 * @param memoryBytes memory in bytes
 * @param ephemeralStorageBytes the container's writable layer, logs and emptyDir volumes, in bytes
 * @param shmBytes size of {@code /dev/shm}, in bytes
 * @param pids number of processes and threads; the node sets the real limit, so this is only reported
 */
public record Resources(
        @Nullable Long cpuMillis,
        @Nullable Long memoryBytes,
        @Nullable Long ephemeralStorageBytes,
        @Nullable Long shmBytes,
        @Nullable Long pids) {
    public static final Resources UNSET = new Resources(null, null, null, null, null);

    /** @throws InvalidValue if a value is not positive */
    public Resources {
        positive("cpu", cpuMillis);
        positive("memory", memoryBytes);
        positive("ephemeralStorage", ephemeralStorageBytes);
        positive("shmSize", shmBytes);
        positive("pids", pids);
    }

    static void positive(String field, @Nullable Long value) {
        if (value != null && value <= 0) {
            throw new InvalidValue(field, "is not positive", "use a value above 0, or leave it out");
        }
    }

    /** These resources, and {@code defaults} for what is absent here. */
    public Resources orElse(Resources defaults) {
        return new Resources(
                first(cpuMillis, defaults.cpuMillis),
                first(memoryBytes, defaults.memoryBytes),
                first(ephemeralStorageBytes, defaults.ephemeralStorageBytes),
                first(shmBytes, defaults.shmBytes),
                first(pids, defaults.pids));
    }

    private static @Nullable Long first(@Nullable Long value, @Nullable Long otherwise) {
        return value != null ? value : otherwise;
    }
}
