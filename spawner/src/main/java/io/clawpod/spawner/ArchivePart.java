package io.clawpod.spawner;

import io.clawpod.spawner.archive.StoredArchive;
import io.clawpod.spawner.cluster.LeaderLease;
import java.util.Optional;

/**
 * The archive, for those who show how it is.
 *
 * @param leadership by which one of several replicas writes it
 */
record ArchivePart(Optional<StoredArchive> archive, LeaderLease leadership) {}
