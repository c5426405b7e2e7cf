package io.clawpod.spawner.volume;

import io.clawpod.spawner.session.ContainerPath;

/**
 * What lies below {@code hostPrefix} is found in {@code source}.
 *
 * @param hostPrefix absolute folder, as the host spells it
 */
public record VolumeRule(String hostPrefix, VolumeSource source) {
    /** @throws io.clawpod.common.InvalidValue if the prefix is not absolute */
    public VolumeRule {
        hostPrefix = ContainerPath.normalise("hostPrefix", hostPrefix);
    }
}
