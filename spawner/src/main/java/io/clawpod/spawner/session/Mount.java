package io.clawpod.spawner.session;

import io.clawpod.common.InvalidValue;

/**
 * A folder or file of the host that the agent sees.
 *
 * @param hostPath absolute, as the host spells it; where it really lies is up to the volume rules
 * @param containerPath absolute; not {@code /} and without {@code :} (Kubernetes API, VolumeMount.mountPath)
 */
public record Mount(String hostPath, String containerPath, boolean readOnly) {
    /** @throws InvalidValue if either path cannot be mounted */
    public Mount {
        hostPath = ContainerPath.normalise("hostPath", hostPath);
        containerPath = mountPoint("containerPath", containerPath);
    }

    static String mountPoint(String field, String path) {
        String plain = ContainerPath.normalise(field, path);
        if (plain.equals("/") || plain.contains(":")) {
            throw new InvalidValue(field, "cannot be mounted over", "name a folder below / without ':'");
        }
        return plain;
    }
}
