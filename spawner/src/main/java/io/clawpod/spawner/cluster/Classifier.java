package io.clawpod.spawner.cluster;

import io.clawpod.common.InvalidValue;
import io.clawpod.common.Labels;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.plan.JobPlan;
import io.clawpod.spawner.plan.Planner;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionState;
import io.clawpod.spawner.session.SpecHash;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads a session from its pod, as that pod alone tells it; {@link JobClassifier} says what a Job makes of it. Pure. */
final class Classifier {
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

    private static Session session(
            SessionKey key, SpecHash hash, Map<String, String> annotations, Pod pod, Session.@Nullable Job job) {
        PodStatus status = pod.getStatus() == null ? new PodStatus() : pod.getStatus();
        ContainerStatus agent = agent(status);
        ContainerStateTerminated end = end(agent);
        Verdict verdict = verdict(pod, status, agent, end);
        ContainerStateTerminated decisive = EndReasons.decisive(verdict, pod, end);
        return new Session(
                key,
                annotations.get(Labels.ANNOTATION_GROUP),
                annotations.get(Labels.ANNOTATION_ROLE),
                verdict.state(),
                verdict.reason(),
                verdict.message(),
                decisive == null ? null : decisive.getExitCode(),
                decisive == null ? null : EndReasons.signal(decisive),
                new Session.PodRef(
                        pod.getMetadata().getNamespace(),
                        pod.getMetadata().getName(),
                        pod.getMetadata().getUid(),
                        pod.getSpec().getNodeName(),
                        status.getPodIP()),
                pod.getSpec().getContainers().get(0).getImage(),
                hash,
                PodConditions.time(pod.getMetadata().getCreationTimestamp()).orElse(Instant.EPOCH),
                WaitingReasons.since(pod, status, verdict, agent),
                startedAt(agent, end),
                verdict.state() == SessionState.ENDED ? EndReasons.endedAt(status, decisive) : null,
                revokedAt(annotations),
                PodSigns.of(pod, agent),
                restarts(pod, agent),
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
            return EndReasons.ended(pod, status, end);
        }
        if (deleted) {
            return EndReasons.stopping(pod, status);
        }
        if (phase.equals("Unknown")) {
            return new Verdict(SessionState.UNHEALTHY, Reason.LOST, status.getMessage());
        }
        if (agent == null || agent.getState() == null) {
            return WaitingReasons.unseen(pod, status);
        }
        if (agent.getState().getRunning() != null) {
            return running(pod, status, agent);
        }
        if (agent.getState().getWaiting() != null) {
            return WaitingReasons.waiting(pod, status, agent.getState().getWaiting());
        }
        return end == null
                ? WaitingReasons.unseen(pod, status)
                : new Verdict(SessionState.RUNNING, Reason.RESTARTING, end.getMessage());
    }

    private static Verdict running(Pod pod, PodStatus status, ContainerStatus agent) {
        if (EndReasons.isNodeSilent(status)) {
            return new Verdict(SessionState.UNHEALTHY, Reason.LOST, status.getMessage());
        }
        // An agent that has not yet been ready may still be on its way to its first heartbeat.
        return PodSigns.staleSince(pod, agent).isPresent()
                ? new Verdict(SessionState.UNHEALTHY, Reason.HEARTBEAT_STALE, null)
                : new Verdict(SessionState.RUNNING, null, null);
    }

    private static @Nullable Instant startedAt(
            @Nullable ContainerStatus agent, @Nullable ContainerStateTerminated end) {
        if (end != null) {
            return PodConditions.time(end.getStartedAt()).orElse(null);
        }
        if (agent == null || agent.getState() == null || agent.getState().getRunning() == null) {
            return null;
        }
        return PodConditions.time(agent.getState().getRunning().getStartedAt()).orElse(null);
    }

    /** Of what must run before the agent too: its restarts are why the agent does not start. */
    private static int restarts(Pod pod, @Nullable ContainerStatus agent) {
        int own = agent == null ? 0 : Objects.requireNonNullElse(agent.getRestartCount(), 0);
        return own + InitContainers.restarts(pod);
    }
}
