package io.clawpod.spawner.plan;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What the {@code restricted} level asks of the pods that we plan (Kubernetes documentation, "Pod Security Standards"). It
 * wants more than the standard does: each control must be met where we set it, none by default.
 */
final class RestrictedStandard {
    private RestrictedStandard() {}

    /** The controls that the pod breaks; empty for one that the namespace admits. */
    static List<String> violations(PodSpec pod) {
        List<String> broken = new ArrayList<>();
        if (pod.getHostNetwork() != null || pod.getHostPID() != null || pod.getHostIPC() != null) {
            broken.add("host-namespaces");
        }
        pod.getVolumes().stream()
                .filter(volume -> !isAllowed(volume))
                .forEach(volume -> broken.add("volume-types: " + volume.getName()));
        PodSecurityContext context = Objects.requireNonNull(pod.getSecurityContext());
        if (!Boolean.TRUE.equals(context.getRunAsNonRoot())
                || context.getRunAsUser() == null
                || context.getRunAsUser() == 0) {
            broken.add("running-as-non-root");
        }
        if (context.getSeccompProfile() == null
                || !"RuntimeDefault".equals(context.getSeccompProfile().getType())) {
            broken.add("seccomp");
        }
        Stream.concat(pod.getInitContainers().stream(), pod.getContainers().stream())
                .filter(container -> !isContained(container))
                .forEach(container -> broken.add("container: " + container.getName()));
        return broken;
    }

    private static boolean isAllowed(Volume volume) {
        return Stream.of(volume.getEmptyDir(), volume.getPersistentVolumeClaim(), volume.getSecret())
                .anyMatch(Objects::nonNull);
    }

    private static boolean isContained(Container container) {
        SecurityContext context = Objects.requireNonNull(container.getSecurityContext());
        return Boolean.FALSE.equals(context.getAllowPrivilegeEscalation())
                && context.getPrivileged() == null
                && context.getRunAsUser() == null
                && context.getRunAsNonRoot() == null
                && context.getProcMount() == null
                && context.getSeccompProfile() == null
                && context.getCapabilities().getDrop().contains("ALL")
                && Set.of("NET_BIND_SERVICE")
                        .containsAll(context.getCapabilities().getAdd())
                && container.getPorts().isEmpty();
    }
}
