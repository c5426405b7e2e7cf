package io.clawpod.spawner.cluster;

import io.clawpod.common.InvalidValue;
import io.clawpod.common.Labels;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.plan.JobPlan;
import io.clawpod.spawner.plan.Planner;
import io.clawpod.spawner.plan.StartGate;
import io.clawpod.spawner.plan.TokenSecret;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionState;
import io.clawpod.spawner.session.SpecHash;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads a session from its pod, as that pod alone tells it; {@link JobClassifier} says what a Job makes of it. Pure. */
final class Classifier {
    private static final int SIGNAL_BASE = 128;
    private static final int MAX_SIGNAL = 64;

    private Classifier() {}

    /** The session that {@code pod} carries; empty for a pod that is not ours. */
    static Optional<Session> classify(Pod pod) {
        Map<String, String> labels = orEmpty(pod.getMetadata().getLabels());
        Map<String, String> annotations = orEmpty(pod.getMetadata().getAnnotations());
        String install = labels.get(Labels.INSTALL);
        String key = annotations.get(Labels.ANNOTATION_KEY);
        String hash = annotations.get(Labels.ANNOTATION_SPEC_HASH);
        if (!Labels.MANAGED_BY_SPAWNER.equals(labels.get(Labels.MANAGED_BY))
                || install == null
                || key == null
                || hash == null) {
            return Optional.empty();
        }
        SessionKey session;
        try {
            session = SessionKey.of(install, key);
        } catch (InvalidValue fault) {
            return Optional.empty();
        }
        Optional<OwnerReference> owner = JobPlan.owner(pod);
        String carrier = owner.map(OwnerReference::getName)
                .orElseGet(() -> pod.getMetadata().getName());
        if (!session.podName().equals(carrier)) {
            return Optional.empty();
        }
        Session.Job job =
                owner.map(by -> new Session.Job(by.getName(), by.getUid(), 0)).orElse(null);
        return Optional.of(session(session, new SpecHash(hash), annotations, pod, job));
    }

    private static Map<String, String> orEmpty(@Nullable Map<String, String> map) {
        return map == null ? Map.of() : map;
    }

    /** What a pod's status comes to. */
    private record Verdict(
            SessionState state,
            @Nullable Reason reason,
            @Nullable String message) {}

    private static Session session(
            SessionKey key, SpecHash hash, Map<String, String> annotations, Pod pod, Session.@Nullable Job job) {
        PodStatus status = pod.getStatus() == null ? new PodStatus() : pod.getStatus();
        ContainerStatus agent = agent(status);
        ContainerStateTerminated end = end(agent);
        Verdict verdict = verdict(pod, status, agent, end);
        boolean ended = verdict.state() == SessionState.ENDED;
        Integer exitCode = ended && end != null ? end.getExitCode() : null;
        return new Session(
                key,
                annotations.get(Labels.ANNOTATION_GROUP),
                annotations.get(Labels.ANNOTATION_ROLE),
                verdict.state(),
                verdict.reason(),
                verdict.message(),
                exitCode,
                exitCode == null || end == null ? null : signal(end, exitCode),
                new Session.PodRef(
                        pod.getMetadata().getNamespace(),
                        pod.getMetadata().getName(),
                        pod.getMetadata().getUid(),
                        pod.getSpec().getNodeName(),
                        status.getPodIP()),
                pod.getSpec().getContainers().get(0).getImage(),
                hash,
                time(pod.getMetadata().getCreationTimestamp()).orElse(Instant.EPOCH),
                startedAt(agent, end),
                ended ? endedAt(status, end) : null,
                revokedAt(annotations),
                PodDescription.labels(pod),
                PodDescription.container(pod),
                job);
    }

    /** A time that cannot be read still says that the session is revoked. */
    static @Nullable Instant revokedAt(Map<String, String> annotations) {
        String text = annotations.get(Labels.ANNOTATION_REVOKED);
        try {
            return text == null ? null : Instant.parse(text);
        } catch (DateTimeParseException e) {
            return Instant.EPOCH;
        }
    }

    private static @Nullable ContainerStatus agent(PodStatus status) {
        return status.getContainerStatuses().stream()
                .filter(container -> Planner.CONTAINER.equals(container.getName()))
                .findFirst()
                .orElse(null);
    }

    private static @Nullable ContainerStateTerminated end(@Nullable ContainerStatus agent) {
        return agent == null || agent.getState() == null
                ? null
                : agent.getState().getTerminated();
    }

    private static Verdict verdict(
            Pod pod, PodStatus status, @Nullable ContainerStatus agent, @Nullable ContainerStateTerminated end) {
        boolean deleted = pod.getMetadata().getDeletionTimestamp() != null;
        String phase = status.getPhase() == null ? "Pending" : status.getPhase();
        // The kubelet reports the container's end a moment before it reports the pod's.
        boolean lastEnd =
                end != null && (deleted || "Never".equals(pod.getSpec().getRestartPolicy()));
        if (phase.equals("Succeeded") || phase.equals("Failed") || lastEnd) {
            return told(pod, ended(status, end, deleted && wasStopped(pod, end)));
        }
        if (deleted) {
            return told(pod, new Verdict(SessionState.STOPPING, Reason.STOPPED, status.getMessage()));
        }
        if (phase.equals("Unknown")) {
            return new Verdict(SessionState.UNHEALTHY, Reason.LOST, status.getMessage());
        }
        if (agent != null && agent.getState() != null) {
            if (agent.getState().getRunning() != null) {
                return running(status, agent);
            }
            if (agent.getState().getWaiting() != null) {
                return waiting(status, agent.getState().getWaiting());
            }
            if (end != null) {
                return new Verdict(SessionState.RUNNING, Reason.RESTARTING, end.getMessage());
            }
        }
        if (StartGate.isOn(pod) && !TokenSecret.isAwaitedBy(pod)) {
            return new Verdict(SessionState.PENDING, Reason.HELD, null);
        }
        return condition(status, "PodScheduled")
                .filter(scheduled -> "True".equals(scheduled.getStatus()))
                .map(scheduled -> new Verdict(SessionState.PENDING, Reason.STARTING, null))
                .orElseGet(() -> unscheduled(status));
    }

    /** Of an end that was asked for, the pod says why, if it was the spawner that asked. */
    private static Verdict told(Pod pod, Verdict stopped) {
        if (stopped.reason() != Reason.STOPPED) {
            return stopped;
        }
        Map<String, String> annotations = orEmpty(pod.getMetadata().getAnnotations());
        return Optional.ofNullable(annotations.get(Labels.ANNOTATION_END_REASON))
                .flatMap(Reason::ofCode)
                .filter(Reason::isEndAskedFor)
                .map(why -> new Verdict(stopped.state(), why, annotations.get(Labels.ANNOTATION_END_NOTE)))
                .orElse(stopped);
    }

    /** Whether the agent ended after its pod's deletion was asked for, and not before of its own accord. */
    private static boolean wasStopped(Pod pod, @Nullable ContainerStateTerminated end) {
        Long grace = pod.getMetadata().getDeletionGracePeriodSeconds();
        Long saw = pod.getStatus() == null ? null : pod.getStatus().getObservedGeneration();
        if (grace != null && grace == 0 && saw != null) {
            // The kubelet's own deletion of a stopped pod overwrites the time; but the first one, which was asked for,
            // is
            // a new generation, and the kubelet has or has not seen it before it reported the end (KEP-5067).
            return saw >= pod.getMetadata().getGeneration();
        }
        Optional<Instant> asked = time(pod.getMetadata().getDeletionTimestamp())
                // The API server writes the time at which the grace is over.
                .map(time -> time.minusSeconds(grace == null ? 0 : grace));
        Optional<Instant> finished = end == null ? Optional.empty() : time(end.getFinishedAt());
        return asked.isPresent()
                && finished.map(time -> !time.isBefore(asked.get())).orElse(true);
    }

    private static Verdict unscheduled(PodStatus status) {
        String message =
                condition(status, "PodScheduled").map(PodCondition::getMessage).orElse(null);
        return new Verdict(SessionState.PENDING, Reason.UNSCHEDULED, message);
    }

    private static Verdict running(PodStatus status, ContainerStatus agent) {
        if (Boolean.TRUE.equals(agent.getReady())) {
            return new Verdict(SessionState.RUNNING, null, null);
        }
        // An agent that has not yet been ready may still be on its way to its first heartbeat.
        Optional<Instant> started = time(agent.getState().getRunning().getStartedAt());
        Optional<Instant> unready = condition(status, "Ready").flatMap(ready -> time(ready.getLastTransitionTime()));
        boolean wasReady =
                started.isPresent() && unready.isPresent() && unready.get().isAfter(started.get());
        return wasReady
                ? new Verdict(SessionState.UNHEALTHY, Reason.HEARTBEAT_STALE, null)
                : new Verdict(SessionState.RUNNING, null, null);
    }

    private static Verdict waiting(PodStatus status, ContainerStateWaiting waiting) {
        String reason = waiting.getReason() == null ? "" : waiting.getReason();
        Reason why = switch (reason) {
            case "ErrImagePull",
                    "ImagePullBackOff",
                    "InvalidImageName",
                    "ErrImageNeverPull",
                    "ImageInspectError",
                    "RegistryUnavailable",
                    "SignatureValidationFailed" -> Reason.IMAGE_UNAVAILABLE;
            case "CreateContainerConfigError", "CreateContainerError", "RunContainerError" -> Reason.CONFIG_ERROR;
            case "CrashLoopBackOff" -> Reason.RESTARTING;
            default -> hasSandbox(status) ? Reason.PULLING : Reason.STARTING;
        };
        return new Verdict(SessionState.PENDING, why, waiting.getMessage());
    }

    /** Once its sandbox and network stand, a pod that still waits fetches its image (KEP-3085). */
    private static boolean hasSandbox(PodStatus status) {
        return condition(status, "PodReadyToStartContainers")
                .filter(ready -> "True".equals(ready.getStatus()))
                .isPresent();
    }

    private static Verdict ended(PodStatus status, @Nullable ContainerStateTerminated end, boolean stopped) {
        String message = end != null && end.getMessage() != null ? end.getMessage() : status.getMessage();
        return new Verdict(SessionState.ENDED, endReason(status, end, stopped), message);
    }

    private static Reason endReason(PodStatus status, @Nullable ContainerStateTerminated end, boolean stopped) {
        String pod = status.getReason() == null ? "" : status.getReason();
        switch (pod) {
            case "Evicted", "Preempting", "Terminated", "NodeShutdown" -> {
                return Reason.EVICTED;
            }
            case "DeadlineExceeded" -> {
                return Reason.DEADLINE;
            }
            case "NodeLost" -> {
                return Reason.LOST;
            }
            case "NodeAffinity", "OutOfcpu", "OutOfmemory", "OutOfpods", "UnexpectedAdmissionError" -> {
                return Reason.UNSCHEDULABLE;
            }
            default -> {
                // The container tells.
            }
        }
        if (end == null) {
            return stopped ? Reason.STOPPED : Reason.LOST;
        }
        if ("OOMKilled".equals(end.getReason())) {
            return Reason.OOM_KILLED;
        }
        if ("ContainerStatusUnknown".equals(end.getReason())) {
            return Reason.LOST;
        }
        if (stopped) {
            return Reason.STOPPED;
        }
        return end.getExitCode() == 0 ? Reason.COMPLETED : Reason.ERROR;
    }

    private static @Nullable Integer signal(ContainerStateTerminated end, int exitCode) {
        if (end.getSignal() != null && end.getSignal() > 0) {
            return end.getSignal();
        }
        int signal = exitCode - SIGNAL_BASE;
        return signal > 0 && signal <= MAX_SIGNAL ? signal : null;
    }

    private static @Nullable Instant startedAt(
            @Nullable ContainerStatus agent, @Nullable ContainerStateTerminated end) {
        if (end != null) {
            return time(end.getStartedAt()).orElse(null);
        }
        if (agent == null || agent.getState() == null || agent.getState().getRunning() == null) {
            return null;
        }
        return time(agent.getState().getRunning().getStartedAt()).orElse(null);
    }

    private static @Nullable Instant endedAt(PodStatus status, @Nullable ContainerStateTerminated end) {
        return Optional.ofNullable(end)
                .flatMap(terminated -> time(terminated.getFinishedAt()))
                .or(() -> condition(status, "DisruptionTarget").flatMap(c -> time(c.getLastTransitionTime())))
                .or(() -> condition(status, "Ready").flatMap(c -> time(c.getLastTransitionTime())))
                .orElse(null);
    }

    private static Optional<PodCondition> condition(PodStatus status, String type) {
        return status.getConditions().stream()
                .filter(condition -> type.equals(condition.getType()))
                .findFirst();
    }

    /** Kubernetes writes an unknown time as null or as the epoch. */
    static Optional<Instant> time(@Nullable String text) {
        return Optional.ofNullable(text).map(Instant::parse).filter(time -> time.isAfter(Instant.EPOCH));
    }
}
