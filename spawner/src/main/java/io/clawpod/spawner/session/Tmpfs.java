package io.clawpod.spawner.session;

import io.clawpod.common.InvalidValue;
import org.jspecify.annotations.Nullable;

/**
 * A folder in memory, empty at the start.
 *
 * @param path where the agent sees it, absolute
 * @param sizeBytes its greatest size in bytes; absent means the memory limit
 */
public record Tmpfs(String path, @Nullable Long sizeBytes) {
    /** @throws InvalidValue if the path cannot be mounted or the size is not positive */
    public Tmpfs {
        path = Mount.mountPoint("path", path);
        Resources.positive("size", sizeBytes);
    }
}
