package io.clawpod.spawner.volume;

import io.clawpod.spawner.session.ContainerPath;

/**
 * What lies below {@code hostPrefix} is found in {@code source}.
 *
 * @param hostPrefix absolute folder, as the host spells it
 * @param ownership how sessions come to write there
 */
public record VolumeRule(String hostPrefix, VolumeSource source, Ownership ownership) {
    public VolumeRule(String hostPrefix, VolumeSource source) {
        this(hostPrefix, source, Ownership.FS_GROUP);
    }

    /** @throws io.clawpod.common.InvalidValue if the prefix is not absolute */
    public VolumeRule {
        hostPrefix = ContainerPath.normalise("hostPrefix", hostPrefix);
    }
}
