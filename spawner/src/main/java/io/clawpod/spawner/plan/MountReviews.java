package io.clawpod.spawner.plan;

import io.clawpod.spawner.session.FileContent;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.volume.VolumeRules;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Looks at what the spawner sees of the host. Thread-safe. */
public interface MountReviews {
    /** Decides what becomes of a spec's mounts. Blocks on the file system. */
    MountReview review(SessionSpec spec);

    /** A small file of the host as it is now, or empty if it cannot be had. Blocks on the file system. */
    Optional<FileContent> read(String hostPath);

    /** The claims that the volume rules name now. */
    Set<String> claims();

    /** What is wrong with the files that say where folders lie; empty when all is well. */
    List<String> faults();

    /** Reads those files again. To be called every few seconds; blocks on the file system. */
    void refresh();

    /** Sees nothing of the host: mounts are placed as they are asked for. */
    static MountReviews asAsked(VolumeRules rules) {
        return new MountReviews() {
            @Override
            public MountReview review(SessionSpec spec) {
                return MountReview.asAsked(spec, rules);
            }

            @Override
            public Optional<FileContent> read(String hostPath) {
                return Optional.empty();
            }

            @Override
            public Set<String> claims() {
                return rules.claims();
            }

            @Override
            public List<String> faults() {
                return List.of();
            }

            @Override
            public void refresh() {}
        };
    }
}
