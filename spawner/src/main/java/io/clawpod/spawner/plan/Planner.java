package io.clawpod.spawner.plan;

import io.clawpod.common.InvalidValue;
import io.clawpod.common.Labels;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Heartbeat;
import io.clawpod.spawner.session.HostAlias;
import io.clawpod.spawner.session.ImageName;
import io.clawpod.spawner.session.Lifetime;
import io.clawpod.spawner.session.Resources;
import io.clawpod.spawner.session.Restart;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.session.SpecHash;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSchedulingGate;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Plans pods. Thread-safe, and the same input always gives the same plan. */
public final class Planner {
    /** The name of the agent's container. */
    public static final String CONTAINER = "agent";

    private static final String HOST_DOCKER_INTERNAL = "host.docker.internal";
    private static final int HEARTBEAT_PERIOD_SECONDS = 5;
    // Prints nothing and needs nothing but a POSIX shell, date and stat.
    private static final String HEARTBEAT_CHECK = "t=$(stat -c %Y \"$1\") && [ $(($(date +%s) - t)) -le \"$2\" ]";

    private final SpecHashes hashes = new SpecHashes();

    public SpecHash hash(SessionSpec spec) {
        return hashes.of(spec);
    }

    /**
     * @param review what becomes of the spec's mounts
     * @param tokenSecret name of the Secret that will carry the pod's token; new for each pod, so that what a former pod of
     *     this name left to the garbage collector is never taken for it
     */
    public Plan plan(
            SessionKey key,
            SessionSpec spec,
            MountReview review,
            String tokenSecret,
            ClusterFacts facts,
            Settings settings) {
        try {
            // The spec as it was asked for is what a repeated request is compared with, whatever became of its mounts.
            SpecHash hash = hash(spec);
            VolumePlan volumes = VolumePlan.of(spec, review, tokenSecret, facts, settings.namespace());
            List<String> warnings = new ArrayList<>(volumes.notes());
            Pod pod = pod(key, spec, tokenSecret, facts, settings, volumes, warnings);
            pod.getMetadata().getAnnotations().put(Labels.ANNOTATION_SPEC_HASH, hash.value());
            volumes.files().annotate(pod);
            Job job = spec.restart() == Restart.JOB ? JobPlan.of(pod, spec, settings) : null;
            if (job != null && !volumes.files().contents().isEmpty()) {
                throw new InvalidValue(
                        "restart",
                        "is job, whose later pods could not be given the small files that lie outside every volume rule",
                        "mount them from a volume, or use never or on-failure");
            }
            return new Plan.Planned(
                    pod, job, hash, List.copyOf(warnings), volumes.files().contents(), volumes.notes());
        } catch (InvalidValue fault) {
            return new Plan.Refused(fault);
        }
    }

    private Pod pod(
            SessionKey key,
            SessionSpec spec,
            String tokenSecret,
            ClusterFacts facts,
            Settings settings,
            VolumePlan volumes,
            List<String> warnings) {
        Container agent = container(spec, tokenSecret, settings, volumes, warnings);
        // A Job's deadline is over all its tries together.
        Duration deadline =
                spec.restart() == Restart.JOB ? null : spec.lifetime().deadline();
        PodBuilder pod = new PodBuilder()
                .withNewMetadata()
                .withNamespace(settings.namespace())
                .withName(key.podName())
                .withLabels(labels(key, spec))
                .addToLabels(volumes.labels())
                .withAnnotations(annotations(key, spec, settings))
                .endMetadata()
                .withNewSpec()
                .withServiceAccountName(settings.serviceAccount())
                .withAutomountServiceAccountToken(false)
                .withEnableServiceLinks(false)
                .withSchedulingGates(new PodSchedulingGate(TokenSecret.GATE))
                .withRestartPolicy(spec.restart() == Restart.ON_FAILURE ? "OnFailure" : "Never")
                .withTerminationGracePeriodSeconds(settings.terminationGrace().toSeconds())
                .withActiveDeadlineSeconds(deadline == null ? null : deadline.toSeconds())
                .withRuntimeClassName(settings.runtimeClass())
                .withPriorityClassName(settings.priorityClass())
                .withHostNetwork(settings.hostNetwork() ? Boolean.TRUE : null)
                .withImagePullSecrets(settings.imagePullSecrets().stream()
                        .map(LocalObjectReference::new)
                        .toList())
                .withSecurityContext(SecurityPlan.pod(spec, settings, volumes.forGroup()))
                .withContainers(agent)
                .withVolumes(volumes.volumes())
                .withAffinity(volumes.affinity())
                .endSpec();
        OwnershipPlan.container(spec, settings, volumes.toBeOwned())
                .ifPresent(first -> pod.editSpec().withInitContainers(first).endSpec());
        hostAliases(spec, facts, settings)
                .forEach((ip, hostnames) -> pod.editSpec()
                        .addNewHostAlias()
                        .withIp(ip)
                        .withHostnames(List.copyOf(hostnames))
                        .endHostAlias()
                        .endSpec());
        if (volumes.node() != null) {
            pod.editSpec()
                    .withNodeSelector(Map.of("kubernetes.io/hostname", volumes.node()))
                    .endSpec();
        }
        if (spec.lifetime().idle() != null
                && spec.heartbeat() == null
                && !settings.life().callsCounted()) {
            warnings.add("lifetime.idle never ends this session: it has no heartbeat, and its calls are not counted");
        }
        if (spec.resources().pids() != null) {
            warnings.add("resources.pids is set by the node (kubelet podPidsLimit), not by the pod");
        }
        return pod.build();
    }

    private static Container container(
            SessionSpec spec, String tokenSecret, Settings settings, VolumePlan volumes, List<String> warnings) {
        return new ContainerBuilder()
                .withName(CONTAINER)
                .withImage(ImageName.qualified(spec.image(), settings.registry()))
                .withImagePullPolicy(settings.imagePullPolicy())
                .withCommand(escaped(spec.command()))
                .withArgs(escaped(spec.args()))
                .withWorkingDir(spec.workdir())
                .withEnv(EnvPlan.of(spec, settings, tokenSecret, warnings))
                .withNewResources()
                .withRequests(requests(spec.resources(), settings))
                .withLimits(quantities(spec.resources().orElse(settings.limits())))
                .endResources()
                .withSecurityContext(SecurityPlan.container(spec))
                .withVolumeMounts(volumes.mounts())
                .withReadinessProbe(probe(spec.heartbeat(), settings.life()))
                .withStdin(spec.stdin() ? Boolean.TRUE : null)
                .withStdinOnce(spec.stdin() ? Boolean.TRUE : null)
                .withTty(spec.tty() ? Boolean.TRUE : null)
                .build();
    }

    private static List<String> escaped(List<String> words) {
        return words.stream().map(EnvPlan::escaped).toList();
    }

    private static Map<String, Quantity> requests(Resources asked, Settings settings) {
        Map<String, Quantity> requests = quantities(settings.requests());
        // A request above its limit is refused by the API server.
        quantities(asked.orElse(settings.limits()))
                .forEach((name, limit) -> requests.computeIfPresent(
                        name,
                        (n, request) ->
                                Quantity.getAmountInBytes(request).compareTo(Quantity.getAmountInBytes(limit)) > 0
                                        ? limit
                                        : request));
        return requests;
    }

    private static Map<String, Quantity> quantities(Resources resources) {
        Map<String, Quantity> quantities = new LinkedHashMap<>();
        if (resources.cpuMillis() != null) {
            quantities.put("cpu", new Quantity(resources.cpuMillis() + "m"));
        }
        if (resources.memoryBytes() != null) {
            quantities.put("memory", new Quantity(Long.toString(resources.memoryBytes())));
        }
        if (resources.ephemeralStorageBytes() != null) {
            quantities.put("ephemeral-storage", new Quantity(Long.toString(resources.ephemeralStorageBytes())));
        }
        return quantities;
    }

    private static @Nullable Probe probe(@Nullable Heartbeat heartbeat, LifeSettings life) {
        if (heartbeat == null) {
            return null;
        }
        return new ProbeBuilder()
                .withNewExec()
                .withCommand(
                        "sh",
                        "-c",
                        HEARTBEAT_CHECK,
                        "heartbeat",
                        heartbeat.file(),
                        Long.toString(maxAge(heartbeat, life).toSeconds()))
                .endExec()
                .withPeriodSeconds(HEARTBEAT_PERIOD_SECONDS)
                .withTimeoutSeconds(HEARTBEAT_PERIOD_SECONDS)
                .withFailureThreshold(1)
                .build();
    }

    private static Duration maxAge(Heartbeat heartbeat, LifeSettings life) {
        return heartbeat.maxAge() == null ? life.heartbeatMaxAge() : heartbeat.maxAge();
    }

    private static Map<String, Set<String>> hostAliases(SessionSpec spec, ClusterFacts facts, Settings settings) {
        Map<String, Set<String>> byAddress = new TreeMap<>();
        for (HostAlias alias : spec.hostAliases()) {
            boolean ours = alias.isHostGateway() || alias.hostname().equals(HOST_DOCKER_INTERNAL);
            byAddress
                    .computeIfAbsent(ours ? facts.proxyClusterIp() : alias.address(), ip -> new TreeSet<>())
                    .add(alias.hostname());
        }
        byAddress
                .computeIfAbsent(facts.proxyClusterIp(), ip -> new TreeSet<>())
                .addAll(List.of(HOST_DOCKER_INTERNAL, settings.proxyHost()));
        return byAddress;
    }

    private static Map<String, String> labels(SessionKey key, SessionSpec spec) {
        Map<String, String> labels = new TreeMap<>();
        spec.labels().forEach((name, value) -> {
            requireOwnLabel(name);
            if (LabelValues.isValue(value)) {
                labels.put(name, value);
            }
        });
        labels.put(Labels.MANAGED_BY, Labels.MANAGED_BY_SPAWNER);
        labels.put(Labels.COMPONENT, Labels.COMPONENT_AGENT);
        labels.put(Labels.INSTALL, key.install().value());
        if (spec.group() != null) {
            labels.put(Labels.GROUP, LabelValues.of(spec.group()));
        }
        if (spec.role() != null) {
            labels.put(Labels.ROLE, LabelValues.of(spec.role()));
        }
        if (spec.network() != null) {
            labels.put(Labels.NETWORK, LabelValues.of(spec.network()));
        }
        return labels;
    }

    private static void requireOwnLabel(String name) {
        boolean reserved = name.startsWith("clawpod.io/")
                || name.startsWith("app.kubernetes.io/")
                || name.equals(Labels.INSTALL)
                || name.equals(Labels.GROUP)
                || name.equals(Labels.ROLE);
        if (reserved || !LabelValues.isKey(name)) {
            throw new InvalidValue(
                    "labels",
                    reserved ? "set a label that is ours" : "have a name that is no label name",
                    "use a Kubernetes label name outside clawpod.io/, app.kubernetes.io/ and the install, group and role labels");
        }
    }

    private static Map<String, String> annotations(SessionKey key, SessionSpec spec, Settings settings) {
        Map<String, String> annotations = new TreeMap<>();
        // A value that is no label value still has to be found again, so it is kept beside.
        spec.labels().forEach((name, value) -> {
            if (!LabelValues.isValue(value)) {
                annotations.put(name, value);
            }
        });
        annotations.put(Labels.ANNOTATION_KEY, key.key());
        if (spec.group() != null) {
            annotations.put(Labels.ANNOTATION_GROUP, spec.group());
        }
        if (spec.role() != null) {
            annotations.put(Labels.ANNOTATION_ROLE, spec.role());
        }
        annotations.put(
                Labels.ANNOTATION_RETENTION,
                retention(spec.lifetime(), settings.life()).toString());
        if (spec.lifetime().idle() != null) {
            annotations.put(Labels.ANNOTATION_IDLE, spec.lifetime().idle().toString());
        }
        Heartbeat heartbeat = spec.heartbeat();
        if (heartbeat != null) {
            LifeSettings life = settings.life();
            annotations.put(Labels.ANNOTATION_HEARTBEAT_FILE, heartbeat.file());
            annotations.put(
                    Labels.ANNOTATION_HEARTBEAT_MAX_AGE, maxAge(heartbeat, life).toString());
            annotations.put(
                    Labels.ANNOTATION_HEARTBEAT_ON_STALE,
                    (heartbeat.onStale() == null ? life.onStale() : heartbeat.onStale()).code());
        }
        return annotations;
    }

    private static Duration retention(Lifetime lifetime, LifeSettings life) {
        Duration asked = lifetime.retention();
        if (asked == null) {
            return life.retention();
        }
        if (asked.compareTo(life.maxRetention()) > 0) {
            throw new InvalidValue(
                    "lifetime.retention",
                    "is longer than is allowed",
                    "use at most " + life.maxRetention() + ", or let clawpod.pod.max-retention be raised");
        }
        return asked;
    }
}
