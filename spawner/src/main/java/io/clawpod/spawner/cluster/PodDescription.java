package io.clawpod.spawner.cluster;

import io.clawpod.common.Labels;
import io.clawpod.spawner.plan.JobPlan;
import io.clawpod.spawner.plan.Planner;
import io.clawpod.spawner.plan.PodFiles;
import io.clawpod.spawner.session.Restart;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionDetail;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HostAlias;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads from a pod what it was made with. Pure; the inverse of what the planner writes. */
final class PodDescription {
    private static final Set<String> OURS = Set.of(Labels.MANAGED_BY, Labels.COMPONENT);
    private static final String OUR_DOMAIN = "clawpod.io/";

    private PodDescription() {}

    /** The caller's own labels, wherever the planner put them, and those of install, group and role, verbatim. */
    static SortedMap<String, String> labels(Pod pod) {
        TreeMap<String, String> labels = new TreeMap<>();
        boolean ofJob = JobPlan.owner(pod).isPresent();
        pod.getMetadata().getAnnotations().forEach((name, value) -> {
            if (!name.startsWith(OUR_DOMAIN) && !(ofJob && isJobs(name))) {
                labels.put(name, value);
            }
        });
        pod.getMetadata().getLabels().forEach((name, value) -> {
            if (!OURS.contains(name) && !name.startsWith(OUR_DOMAIN) && !(ofJob && isJobs(name))) {
                labels.put(name, value);
            }
        });
        verbatim(pod, Labels.ANNOTATION_GROUP, Labels.GROUP, labels);
        verbatim(pod, Labels.ANNOTATION_ROLE, Labels.ROLE, labels);
        return labels;
    }

    /** Whether the Job controller put it there. */
    private static boolean isJobs(String name) {
        return name.startsWith("batch.kubernetes.io/") || name.equals("job-name") || name.equals("controller-uid");
    }

    private static void verbatim(Pod pod, String annotation, String label, Map<String, String> labels) {
        String value = pod.getMetadata().getAnnotations().get(annotation);
        if (value != null) {
            labels.put(label, value);
        }
    }

    static Session.Container container(Pod pod) {
        Container agent = agent(pod);
        String commandLine = String.join(
                " ",
                Stream.concat(words(agent.getCommand()).stream(), words(agent.getArgs()).stream())
                        .toList());
        return new Session.Container(
                commandLine,
                Boolean.TRUE.equals(agent.getStdin()),
                Boolean.TRUE.equals(agent.getTty()),
                "true".equals(pod.getMetadata().getAnnotations().get(Labels.ANNOTATION_AUTO_REMOVE)));
    }

    /** @param session the one that {@code pod} carries */
    static SessionDetail detail(Session session, Pod pod) {
        Container agent = agent(pod);
        ContainerStatus status = status(pod);
        TreeMap<String, String> env = new TreeMap<>();
        for (EnvVar variable : agent.getEnv()) {
            String value = Objects.requireNonNullElse(variable.getValue(), "");
            if (variable.getValueFrom() == null && !refers(value)) {
                env.put(variable.getName(), plain(value));
            }
        }
        Map<String, List<String>> aliases = new LinkedHashMap<>();
        for (HostAlias alias : pod.getSpec().getHostAliases()) {
            aliases.put(alias.getIp(), List.copyOf(alias.getHostnames()));
        }
        var resources = agent.getResources() == null ? new ResourceRequirements() : agent.getResources();
        Map<String, Quantity> requests = Objects.requireNonNullElse(resources.getRequests(), Map.of());
        Map<String, Quantity> limits = Objects.requireNonNullElse(resources.getLimits(), Map.of());
        SecurityContext security = agent.getSecurityContext();
        Long grace = pod.getSpec().getTerminationGracePeriodSeconds();
        return new SessionDetail(
                session,
                status == null
                                || status.getImageID() == null
                                || status.getImageID().isEmpty()
                        ? null
                        : status.getImageID(),
                words(agent.getCommand()),
                words(agent.getArgs()),
                agent.getWorkingDir(),
                env,
                mounts(pod, agent),
                user(pod),
                amount(requests.get("cpu"), 3),
                amount(requests.get("memory"), 0),
                amount(limits.get("cpu"), 3),
                amount(limits.get("memory"), 0),
                security != null && Boolean.TRUE.equals(security.getReadOnlyRootFilesystem()),
                restart(session, pod),
                restartCount(session, status),
                aliases,
                grace == null ? 0 : grace);
    }

    private static Restart restart(Session session, Pod pod) {
        if (session.job() != null) {
            return Restart.JOB;
        }
        return "Never".equals(pod.getSpec().getRestartPolicy()) ? Restart.NEVER : Restart.ON_FAILURE;
    }

    private static int restartCount(Session session, @Nullable ContainerStatus status) {
        if (session.job() != null) {
            return session.job().failed();
        }
        return status == null || status.getRestartCount() == null ? 0 : status.getRestartCount();
    }

    private static Container agent(Pod pod) {
        return pod.getSpec().getContainers().stream()
                .filter(container -> Planner.CONTAINER.equals(container.getName()))
                .findFirst()
                .orElseGet(() -> pod.getSpec().getContainers().get(0));
    }

    private static @Nullable ContainerStatus status(Pod pod) {
        return pod.getStatus() == null
                ? null
                : pod.getStatus().getContainerStatuses().stream()
                        .filter(status -> Planner.CONTAINER.equals(status.getName()))
                        .findFirst()
                        .orElse(null);
    }

    private static List<String> words(@Nullable List<String> written) {
        return written == null
                ? List.of()
                : written.stream().map(PodDescription::plain).toList();
    }

    /** Whether the kubelet puts another variable into the value; the only one that is referred to is the token's. */
    private static boolean refers(String written) {
        return written.replace("$$", "").contains("$(");
    }

    /** The planner doubles each dollar, since Kubernetes takes two for one. */
    private static String plain(String written) {
        return written.replace("$$", "$");
    }

    private static List<SessionDetail.Volume> mounts(Pod pod, Container agent) {
        Map<String, Volume> volumes = new LinkedHashMap<>();
        pod.getSpec().getVolumes().forEach(volume -> volumes.put(volume.getName(), volume));
        List<SessionDetail.Volume> mounts = new ArrayList<>();
        for (VolumeMount mount : agent.getVolumeMounts()) {
            Volume volume = volumes.get(mount.getName());
            if (volume != null) {
                mounts.add(mount(pod, volume, mount));
            }
        }
        return List.copyOf(mounts);
    }

    private static SessionDetail.Volume mount(Pod pod, Volume volume, VolumeMount mount) {
        if (volume.getSecret() != null) {
            String key = Objects.requireNonNullElse(mount.getSubPath(), "");
            return new SessionDetail.Volume(
                    "file", PodFiles.source(pod, key).orElse(""), "", mount.getMountPath(), true);
        }
        String kind = "memory";
        String source = "";
        if (volume.getPersistentVolumeClaim() != null) {
            kind = "claim";
            source = volume.getPersistentVolumeClaim().getClaimName();
        } else if (volume.getNfs() != null) {
            kind = "nfs";
            source = volume.getNfs().getServer() + ":" + volume.getNfs().getPath();
        } else if (volume.getHostPath() != null) {
            kind = "hostPath";
            source = volume.getHostPath().getPath();
        }
        return new SessionDetail.Volume(
                kind,
                source,
                Objects.requireNonNullElse(mount.getSubPath(), ""),
                mount.getMountPath(),
                Boolean.TRUE.equals(mount.getReadOnly()));
    }

    private static String user(Pod pod) {
        var security = pod.getSpec().getSecurityContext();
        if (security == null || security.getRunAsUser() == null) {
            return "";
        }
        return security.getRunAsUser() + (security.getRunAsGroup() == null ? "" : ":" + security.getRunAsGroup());
    }

    private static @Nullable Long amount(@Nullable Quantity quantity, int shift) {
        return quantity == null
                ? null
                : Quantity.getAmountInBytes(quantity)
                        .multiply(BigDecimal.TEN.pow(shift))
                        .longValue();
    }
}
