package io.clawpod.spawner.session;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.clawpod.common.InvalidValue;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/**
 * A folder or file of the host that the agent sees.
 *
 * @param hostPath absolute, as the host spells it; where it really lies is up to the volume rules
 * @param containerPath absolute; not {@code /} and without {@code :} (Kubernetes API, VolumeMount.mountPath)
 * @param content of a file that the caller sends along; then nothing need be at {@code hostPath}
 */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Mount(
        String hostPath,
        String containerPath,
        boolean readOnly,
        @Nullable FileContent content) {
    /** @throws InvalidValue if either path cannot be mounted, or a file that was sent along is to be written */
    public Mount {
        hostPath = ContainerPath.normalise("hostPath", hostPath);
        containerPath = mountPoint("containerPath", containerPath);
        if (content != null && !readOnly) {
            throw new InvalidValue("readOnly", "is not true", "a file that is sent along cannot be written: set it");
        }
    }

    public Mount(String hostPath, String containerPath, boolean readOnly) {
        this(hostPath, containerPath, readOnly, null);
    }

    static String mountPoint(String field, String path) {
        String plain = ContainerPath.normalise(field, path);
        if (plain.equals("/") || plain.contains(":")) {
            throw new InvalidValue(field, "cannot be mounted over", "name a folder below / without ':'");
        }
        return plain;
    }
}
