package io.clawpod.spawner.plan;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.session.FileContent;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The small files that travel with a pod, in the Secret that also has its token: each under a key of its own, mounted alone. */
final class FilePlan {
    /** The name of their volume. */
    static final String VOLUME = "files";

    // Everybody may read them, whatever uid the session has; nobody may write.
    private static final int MODE = 0444;

    private final TreeMap<String, FileContent> contents = new TreeMap<>();
    private final TreeMap<String, Optional<String>> sources = new TreeMap<>();
    private int bytes;

    /** @throws InvalidValue if it is too much together with those before it */
    VolumeMount add(int index, String containerPath, MountDecision.Carry carry) {
        bytes += carry.content().size();
        if (bytes > FileContent.MAX_TOTAL_BYTES) {
            throw new InvalidValue(
                    "mounts[" + index + "]",
                    "is one small file too many: together they are larger than " + FileContent.MAX_TOTAL_BYTES / 1024
                            + " KiB",
                    "put them into a folder that a volume rule holds");
        }
        String key = "file-" + index;
        contents.put(key, carry.content());
        sources.put(key, Optional.ofNullable(carry.readFrom()));
        return new VolumeMountBuilder()
                .withName(VOLUME)
                .withMountPath(containerPath)
                .withSubPath(key)
                .withReadOnly(true)
                .build();
    }

    boolean isEmpty() {
        return contents.isEmpty();
    }

    Volume volume(String secret) {
        return new VolumeBuilder()
                .withName(VOLUME)
                .withNewSecret()
                .withSecretName(secret)
                .withDefaultMode(MODE)
                .withItems(contents.keySet().stream()
                        .map(key -> new KeyToPath(key, null, key))
                        .toList())
                .endSecret()
                .build();
    }

    SortedMap<String, FileContent> contents() {
        return Collections.unmodifiableSortedMap(contents);
    }

    /** Notes in the pod where its files can be read again. */
    void annotate(Pod pod) {
        if (!isEmpty()) {
            PodFiles.annotate(pod, sources);
        }
    }
}
