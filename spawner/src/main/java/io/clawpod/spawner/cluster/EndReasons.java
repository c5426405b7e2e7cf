package io.clawpod.spawner.cluster;

import io.clawpod.common.Labels;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.SessionState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Tells why a session ends or has ended. Pure. */
final class EndReasons {
    private static final int SIGNAL_BASE = 128;
    private static final int MAX_SIGNAL = 64;

    private EndReasons() {}

    /** Of a pod whose deletion was asked for, while its agent may still run. */
    static Verdict stopping(Pod pod, PodStatus status) {
        return told(pod, status, new Verdict(SessionState.STOPPING, Reason.STOPPED, status.getMessage()));
    }

    /** @param end of the agent's container; absent if it has none, as it never ran or its node went away */
    static Verdict ended(Pod pod, PodStatus status, @Nullable ContainerStateTerminated end) {
        boolean stopped = pod.getMetadata().getDeletionTimestamp() != null && wasStopped(pod, end);
        String message = end != null && end.getMessage() != null ? end.getMessage() : status.getMessage();
        return told(pod, status, new Verdict(SessionState.ENDED, reason(pod, status, end, stopped), message));
    }

    /** Of an end that was asked for, the pod says why, if it was the spawner or the cluster that asked. */
    private static Verdict told(Pod pod, PodStatus status, Verdict verdict) {
        Reason reason = verdict.reason();
        if (reason == Reason.STOPPED) {
            return noted(pod, verdict)
                    .filter(noted -> noted.reason() != null)
                    .or(() -> disruption(status).map(why -> new Verdict(verdict.state(), why.reason(), why.message())))
                    .orElse(verdict);
        }
        if (reason == Reason.DEADLINE) {
            // The spawner ends what does not come to run by its deadline, as that leaves something to be looked at.
            return noted(pod, verdict)
                    .filter(noted -> noted.reason() != null && noted.reason().isStartFault())
                    .orElse(verdict);
        }
        if (reason == Reason.INIT_FAILED) {
            String message = InitContainers.current(pod)
                    .flatMap(init -> InitContainers.failure(init).map(end -> InitContainers.told(init, end)))
                    .orElse(verdict.message());
            return new Verdict(verdict.state(), reason, message);
        }
        return verdict;
    }

    private static Optional<Verdict> noted(Pod pod, Verdict verdict) {
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        return Optional.ofNullable(annotations.get(Labels.ANNOTATION_END_REASON))
                .flatMap(Reason::ofCode)
                .filter(why -> why.isEndAskedFor() || why.isStartFault())
                .map(why -> new Verdict(verdict.state(), why, annotations.get(Labels.ANNOTATION_END_NOTE)));
    }

    /** What part of the cluster ends the pod, if one does (KEP-3329). */
    private static Optional<Verdict> disruption(PodStatus status) {
        return PodConditions.of(status, PodConditions.DISRUPTION)
                .filter(condition -> "True".equals(condition.getStatus()) && condition.getReason() != null)
                .flatMap(condition -> disruptor(status, condition)
                        .map(why -> new Verdict(SessionState.STOPPING, why, condition.getMessage())));
    }

    private static Optional<Reason> disruptor(PodStatus status, PodCondition condition) {
        return switch (condition.getReason()) {
            case "PreemptionByScheduler" -> Optional.of(Reason.PREEMPTED);
            case "EvictionByEvictionAPI" -> Optional.of(Reason.DRAINED);
            // A taint keeps agents from a node that is to be emptied, or from one that nobody hears from.
            case "DeletionByTaintManager" -> Optional.of(isNodeSilent(status) ? Reason.LOST : Reason.DRAINED);
            case "DeletionByPodGC" -> Optional.of(Reason.LOST);
            case "TerminationByKubelet" -> Optional.of(Reason.EVICTED);
            default -> Optional.empty();
        };
    }

    /**
     * Whether the cluster has marked the pod as not ready because its node is silent. The kubelet itself tells readiness of the
     * pod and of its containers as one, so that they differ only then, or by a readiness gate.
     */
    static boolean isNodeSilent(PodStatus status) {
        return "NodeLost".equals(status.getReason())
                || (PodConditions.is(status, PodConditions.CONTAINERS_READY, "True")
                        && PodConditions.of(status, PodConditions.READY)
                                .filter(ready -> "False".equals(ready.getStatus())
                                        && !"ReadinessGatesNotReady".equals(ready.getReason()))
                                .isPresent());
    }

    /** Whether the cluster has given up its node, so that nobody may ever report the end of the pod. */
    static boolean isNodeGone(PodStatus status) {
        return isNodeSilent(status)
                || PodConditions.of(status, PodConditions.DISRUPTION)
                        .filter(condition -> "True".equals(condition.getStatus())
                                && ("DeletionByTaintManager".equals(condition.getReason())
                                        || "DeletionByPodGC".equals(condition.getReason())))
                        .isPresent();
    }

    /** Whether the agent ended after its pod's deletion was asked for, and not before of its own accord. */
    private static boolean wasStopped(Pod pod, @Nullable ContainerStateTerminated end) {
        Long grace = pod.getMetadata().getDeletionGracePeriodSeconds();
        Long saw = pod.getStatus() == null ? null : pod.getStatus().getObservedGeneration();
        if (grace != null && grace == 0 && saw != null) {
            // The kubelet's own deletion of a stopped pod overwrites the time; but the first one, which was asked for,
            // is a new generation, and the kubelet has or has not seen it before it reported the end (KEP-5067).
            return saw >= pod.getMetadata().getGeneration();
        }
        Optional<Instant> asked = PodConditions.time(pod.getMetadata().getDeletionTimestamp())
                // The API server writes the time at which the grace is over.
                .map(time -> time.minusSeconds(grace == null ? 0 : grace));
        Optional<Instant> finished = end == null ? Optional.empty() : PodConditions.time(end.getFinishedAt());
        return asked.isPresent()
                && finished.map(time -> !time.isBefore(asked.get())).orElse(true);
    }

    private static Reason reason(Pod pod, PodStatus status, @Nullable ContainerStateTerminated end, boolean stopped) {
        String told = status.getReason() == null ? "" : status.getReason();
        if (told.startsWith("OutOf")) {
            return Reason.UNSCHEDULABLE;
        }
        return switch (told) {
            case "Evicted" -> Reason.EVICTED;
            case "Preempting" -> Reason.PREEMPTED;
            case "Terminated", "NodeShutdown" -> Reason.DRAINED;
            case "DeadlineExceeded" -> Reason.DEADLINE;
            case "NodeLost" -> Reason.LOST;
            case "NodeAffinity", "UnexpectedAdmissionError" -> Reason.UNSCHEDULABLE;
            default -> end == null ? withoutEnd(pod, stopped) : byContainer(end, stopped);
        };
    }

    private static Reason withoutEnd(Pod pod, boolean stopped) {
        if (stopped) {
            return Reason.STOPPED;
        }
        boolean failed =
                InitContainers.current(pod).flatMap(InitContainers::failure).isPresent();
        return failed ? Reason.INIT_FAILED : Reason.LOST;
    }

    private static Reason byContainer(ContainerStateTerminated end, boolean stopped) {
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

    /**
     * The end that a session's exit code is taken from: the agent's, or that of what failed before it. The kubelet invents one
     * for an agent that it never started.
     */
    static @Nullable ContainerStateTerminated decisive(
            Verdict verdict, Pod pod, @Nullable ContainerStateTerminated end) {
        if (verdict.state() != SessionState.ENDED) {
            return null;
        }
        if (verdict.reason() == Reason.INIT_FAILED) {
            return InitContainers.current(pod).flatMap(InitContainers::failure).orElse(null);
        }
        return verdict.reason() != null && verdict.reason().isStartFault() ? null : end;
    }

    static @Nullable Integer signal(ContainerStateTerminated end) {
        if (end.getSignal() != null && end.getSignal() > 0) {
            return end.getSignal();
        }
        int signal = end.getExitCode() - SIGNAL_BASE;
        return signal > 0 && signal <= MAX_SIGNAL ? signal : null;
    }

    static @Nullable Instant endedAt(PodStatus status, @Nullable ContainerStateTerminated end) {
        return Optional.ofNullable(end)
                .flatMap(terminated -> PodConditions.time(terminated.getFinishedAt()))
                .or(() -> PodConditions.of(status, PodConditions.DISRUPTION)
                        .flatMap(c -> PodConditions.time(c.getLastTransitionTime())))
                // One that was never ready has been unready since it was made; but its sandbox stood until its end.
                .or(() -> PodConditions.since(status, PodConditions.SANDBOX, "False"))
                .or(() -> PodConditions.of(status, PodConditions.READY)
                        .flatMap(c -> PodConditions.time(c.getLastTransitionTime())))
                .orElse(null);
    }
}
