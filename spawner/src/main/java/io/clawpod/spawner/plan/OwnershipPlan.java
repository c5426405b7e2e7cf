package io.clawpod.spawner.plan;

import io.clawpod.spawner.session.ImageName;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.session.User;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The container that gives folders to the session's user before its agent starts. It looks at all that is mounted for
 * writing and changes only what is wrong: another owner or group, or an owner without the right to write.
 */
final class OwnershipPlan {
    /** The name of the init container. */
    static final String CONTAINER = "ownership";

    private static final String FOLDER = "/ownership/";
    // Neither find nor chown -h follows a link, so nothing is changed that lies outside what is mounted. With -xdev a
    // mount below stays out, which comes by itself if it is the session's to write.
    private static final String SCRIPT = """
            owner=$1:$2; uid=$1; gid=$2; shift 2
            for path in "$@"; do
              find "$path" -xdev \\( ! -user "$uid" -o ! -group "$gid" \\) -exec chown -h "$owner" {} + &&
              find "$path" -xdev -type d ! -perm -0700 -exec chmod u+rwx {} + &&
              find "$path" -xdev -type f ! -perm -0600 -exec chmod u+rw {} + && continue
              echo "cannot give what is mounted to $owner; an NFS export has to be with no_root_squash for it" >&2
              exit 1
            done
            """;

    private OwnershipPlan() {}

    /** @param owned the mounts that the session's user is to own */
    static Optional<Container> container(SessionSpec spec, Settings settings, List<VolumeMount> owned) {
        User user = spec.user() == null ? settings.defaultUser() : spec.user();
        if (owned.isEmpty() || user.isRoot()) {
            return Optional.empty();
        }
        List<VolumeMount> mounts = new ArrayList<>();
        List<String> command = new ArrayList<>(
                List.of("sh", "-c", SCRIPT, CONTAINER, Long.toString(user.uid()), Long.toString(user.effectiveGid())));
        for (VolumeMount mount : owned) {
            // Apart from each other, whatever lies within what in the agent's container.
            String path = FOLDER + mounts.size();
            mounts.add(new VolumeMountBuilder(mount).withMountPath(path).build());
            command.add(path);
        }
        return Optional.of(new ContainerBuilder()
                .withName(CONTAINER)
                .withImage(ImageName.qualified(
                        settings.ownershipImage() == null ? spec.image() : settings.ownershipImage(),
                        settings.registry()))
                .withImagePullPolicy(settings.imagePullPolicy())
                .withCommand(command.stream().map(EnvPlan::escaped).toList())
                .withNewResources()
                .withRequests(Map.of("cpu", new Quantity("10m"), "memory", new Quantity("16Mi")))
                .withLimits(Map.of("memory", new Quantity("64Mi")))
                .endResources()
                .withNewSecurityContext()
                .withRunAsUser(0L)
                .withRunAsGroup(0L)
                .withRunAsNonRoot(false)
                .withAllowPrivilegeEscalation(false)
                .withReadOnlyRootFilesystem(true)
                .withNewCapabilities()
                .withDrop("ALL")
                // To change owners, to reach into folders that are closed to others, and to change their modes: all
                // three are
                // of the baseline Pod Security Standard.
                .withAdd("CHOWN", "DAC_OVERRIDE", "FOWNER")
                .endCapabilities()
                .endSecurityContext()
                // What it says of a failure is all that people get to see; it says no secret.
                .withTerminationMessagePolicy("FallbackToLogsOnError")
                .withVolumeMounts(mounts)
                .build());
    }
}
