package io.clawpod.spawner.volume;

import io.clawpod.common.InvalidValue;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** How a session's user comes to write folders that somebody else has made. */
public enum Ownership {
    /** It does not; the folders are as the host made them. */
    NONE,
    /**
     * The kubelet gives the volume to the session's group, where the kind of volume lets it; those of hostPath and NFS do not.
     *
     * @see <a href="https://kubernetes.io/docs/tasks/configure-pod-container/security-context/">PodSecurityContext.fsGroup</a>
     */
    FS_GROUP,
    /** Before the agent starts, a container that runs as root gives it what it has mounted for writing and does not own. */
    CHOWN;

    /** @throws InvalidValue if {@code text} is none of the codes */
    public static Ownership parse(String text) {
        return Arrays.stream(values())
                .filter(ownership -> ownership.code().equals(text))
                .findFirst()
                .orElseThrow(() -> new InvalidValue(
                        "ownership",
                        "is not known",
                        "use " + Arrays.stream(values()).map(Ownership::code).collect(Collectors.joining(", "))));
    }

    /** As it stands in settings: {@code fs-group}. */
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
