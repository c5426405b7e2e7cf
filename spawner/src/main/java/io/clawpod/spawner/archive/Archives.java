package io.clawpod.spawner.archive;

import io.clawpod.spawner.session.ArchiveTargets;
import io.clawpod.spawner.session.CallCounts;
import io.clawpod.spawner.session.Processes;
import java.nio.file.Path;
import java.time.Clock;
import java.util.function.BooleanSupplier;

/**
 * Makes archives.
 *
 * @param leadership asks for the leadership, or keeps it; says whether it was had. Blocks
 * @param instance of this process, unlike any other's
 */
public record Archives(
        ArchiveSettings settings,
        ArchiveTargets targets,
        Processes processes,
        CallCounts calls,
        BooleanSupplier leadership,
        Clock clock,
        String instance) {
    /** One in a folder, which need not be there yet. */
    public StoredArchive in(Path folder) {
        return in(new FolderStore(folder));
    }

    /** One in a bucket; its client is made here, and only here. */
    public StoredArchive in(S3Settings bucket) {
        return in(new S3Store(bucket));
    }

    StoredArchive in(Store store) {
        return new StoredArchive(
                store, settings, targets, processes, calls, leadership, new ArchiveTally(), clock, instance);
    }
}
