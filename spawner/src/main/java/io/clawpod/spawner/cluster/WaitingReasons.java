package io.clawpod.spawner.cluster;

import io.clawpod.common.Labels;
import io.clawpod.spawner.plan.StartGate;
import io.clawpod.spawner.plan.TokenSecret;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.SessionState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Tells what a pod waits for whose agent does not run yet, and since when. Pure. */
final class WaitingReasons {
    private WaitingReasons() {}

    /** What a pod waits for of whose agent the kubelet has said nothing. */
    static Verdict unseen(Pod pod, PodStatus status) {
        if (StartGate.isOn(pod) && !TokenSecret.isAwaitedBy(pod)) {
            return new Verdict(SessionState.PENDING, Reason.HELD, null);
        }
        if (PodConditions.is(status, PodConditions.SCHEDULED, "True")) {
            return new Verdict(SessionState.PENDING, Reason.STARTING, null);
        }
        String message = PodConditions.of(status, PodConditions.SCHEDULED)
                .map(PodCondition::getMessage)
                .orElse(null);
        return new Verdict(SessionState.PENDING, Reason.UNSCHEDULED, message);
    }

    /** What a pod waits for whose agent's container waits. */
    static Verdict waiting(Pod pod, PodStatus status, ContainerStateWaiting waiting) {
        return "PodInitializing".equals(waiting.getReason())
                ? InitContainers.current(pod)
                        .map(init -> initializing(status, init))
                        .orElseGet(() -> of(status, waiting))
                : of(status, waiting);
    }

    private static Verdict initializing(PodStatus status, ContainerStatus init) {
        if (init.getState() != null && init.getState().getWaiting() != null) {
            return of(status, init.getState().getWaiting());
        }
        return InitContainers.failure(init)
                // A failed one that is still pending is made anew, or its pod is about to be told as failed.
                .map(failed -> new Verdict(SessionState.PENDING, Reason.RESTARTING, InitContainers.told(init, failed)))
                .orElseGet(() -> new Verdict(SessionState.PENDING, Reason.STARTING, null));
    }

    private static Verdict of(PodStatus status, ContainerStateWaiting waiting) {
        String reason = waiting.getReason() == null ? "" : waiting.getReason();
        Reason why = ImageFaults.of(reason, waiting.getMessage()).orElseGet(() -> switch (reason) {
            case "CreateContainerConfigError", "CreateContainerError", "RunContainerError" -> Reason.CONFIG_ERROR;
            case "CrashLoopBackOff" -> Reason.RESTARTING;
            // Once its sandbox and network stand, a pod that still waits fetches its image.
            default -> PodConditions.is(status, PodConditions.SANDBOX, "True") ? Reason.PULLING : Reason.STARTING;
        });
        return new Verdict(SessionState.PENDING, why, waiting.getMessage());
    }

    /** When what a pending session waits for began, as far as its pod tells; for all others when it was made. */
    static Instant since(Pod pod, PodStatus status, Verdict verdict, @Nullable ContainerStatus agent) {
        Instant made =
                PodConditions.time(pod.getMetadata().getCreationTimestamp()).orElse(Instant.EPOCH);
        Reason reason = verdict.reason();
        if (verdict.state() != SessionState.PENDING || reason == null || reason == Reason.HELD) {
            return made;
        }
        // The condition keeps its time when the gate of a held pod falls, as its value does not change.
        Instant released = Optional.ofNullable(
                        pod.getMetadata().getAnnotations().get(Labels.ANNOTATION_STARTED))
                .flatMap(PodConditions::readable)
                .filter(made::isBefore)
                .orElse(made);
        if (reason == Reason.UNSCHEDULED) {
            return released;
        }
        Instant scheduled =
                PodConditions.since(status, PodConditions.SCHEDULED, "True").orElse(released);
        Instant began = reason == Reason.STARTING
                ? InitContainers.runningSince(pod).orElse(scheduled)
                : PodConditions.since(status, PodConditions.SANDBOX, "True").orElse(scheduled);
        // One that ran before, and whose container is made anew, has waited only since then.
        return lastEnd(agent).filter(began::isBefore).orElse(began);
    }

    private static Optional<Instant> lastEnd(@Nullable ContainerStatus agent) {
        ContainerStateTerminated last = agent == null || agent.getLastState() == null
                ? null
                : agent.getLastState().getTerminated();
        return Optional.ofNullable(last).flatMap(end -> PodConditions.time(end.getFinishedAt()));
    }
}
