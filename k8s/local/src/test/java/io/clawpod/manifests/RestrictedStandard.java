package io.clawpod.manifests;

import io.fabric8.kubernetes.api.model.Capabilities;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SeccompProfile;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The {@code restricted} level of the Pod Security Standards, as the admission plugin judges a Linux pod (Kubernetes
 * documentation, "Pod Security Standards"). Control names are that page's, in short.
 */
final class RestrictedStandard {
    private static final Set<String> SECCOMP = Set.of("RuntimeDefault", "Localhost");

    private final PodSpec pod;
    private final PodSecurityContext context;
    private final List<String> violations = new ArrayList<>();

    private RestrictedStandard(PodSpec pod) {
        this.pod = pod;
        this.context = Objects.requireNonNullElseGet(pod.getSecurityContext(), PodSecurityContext::new);
    }

    /** Which controls the pod breaks, each as {@code control: where}; empty when the namespace would admit it. */
    static List<String> violations(PodSpec pod) {
        RestrictedStandard standard = new RestrictedStandard(pod);
        standard.judgePod();
        Stream.of(pod.getInitContainers(), pod.getContainers())
                .flatMap(List::stream)
                .forEach(standard::judgeContainer);
        return List.copyOf(standard.violations);
    }

    private void judgePod() {
        require(
                !isTrue(pod.getHostNetwork()) && !isTrue(pod.getHostPID()) && !isTrue(pod.getHostIPC()),
                "host-namespaces",
                "pod");
        require(context.getSysctls() == null || context.getSysctls().isEmpty(), "sysctls", "pod");
        pod.getVolumes().forEach(volume -> require(isAllowed(volume), "volume-types", volume.getName()));
        require(!isRoot(context.getRunAsUser()), "running-as-non-root-user", "pod");
    }

    private void judgeContainer(Container container) {
        String name = container.getName();
        SecurityContext own = Objects.requireNonNullElseGet(container.getSecurityContext(), SecurityContext::new);
        require(!isTrue(own.getPrivileged()), "privileged", name);
        require(Boolean.FALSE.equals(own.getAllowPrivilegeEscalation()), "privilege-escalation", name);
        require(isTrue(first(own.getRunAsNonRoot(), context.getRunAsNonRoot())), "running-as-non-root", name);
        require(!isRoot(own.getRunAsUser()), "running-as-non-root-user", name);
        SeccompProfile seccomp = first(own.getSeccompProfile(), context.getSeccompProfile());
        require(seccomp != null && SECCOMP.contains(seccomp.getType()), "seccomp", name);
        Capabilities capabilities = Objects.requireNonNullElseGet(own.getCapabilities(), Capabilities::new);
        require(
                capabilities.getDrop().contains("ALL")
                        && Set.of("NET_BIND_SERVICE").containsAll(capabilities.getAdd()),
                "capabilities",
                name);
        require(own.getProcMount() == null || own.getProcMount().equals("Default"), "proc-mount", name);
        require(
                container.getPorts().stream()
                        .map(ContainerPort::getHostPort)
                        .noneMatch(port -> port != null && port != 0),
                "host-ports",
                name);
    }

    private static boolean isAllowed(Volume volume) {
        return Stream.of(
                        volume.getConfigMap(),
                        volume.getCsi(),
                        volume.getDownwardAPI(),
                        volume.getEmptyDir(),
                        volume.getEphemeral(),
                        volume.getPersistentVolumeClaim(),
                        volume.getProjected(),
                        volume.getSecret())
                .anyMatch(Objects::nonNull);
    }

    private static boolean isRoot(@Nullable Long user) {
        return user != null && user == 0;
    }

    private static boolean isTrue(@Nullable Boolean flag) {
        return Boolean.TRUE.equals(flag);
    }

    private static <T> @Nullable T first(@Nullable T own, @Nullable T ofPod) {
        return own != null ? own : ofPod;
    }

    private void require(boolean met, String control, String where) {
        if (!met) {
            violations.add(control + ": " + where);
        }
    }
}
