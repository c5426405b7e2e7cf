package io.clawpod.spawner.cluster;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Reads the containers that run one after the other before the agent's may. Pure. */
final class InitContainers {
    private InitContainers() {}

    /** The one that keeps the agent from starting: the first that has not ended well; empty if there is none. */
    static Optional<ContainerStatus> current(Pod pod) {
        return statuses(pod).stream()
                .filter(init -> !hasSucceeded(init) && !staysBeside(pod, init))
                .findFirst();
    }

    private static boolean hasSucceeded(ContainerStatus init) {
        return init.getState() != null
                && init.getState().getTerminated() != null
                && init.getState().getTerminated().getExitCode() == 0;
    }

    /** One that stays beside the agent has no end to wait for once it runs (KEP-753). */
    private static boolean staysBeside(Pod pod, ContainerStatus init) {
        return isRunning(init)
                && pod.getSpec().getInitContainers().stream()
                        .anyMatch(made ->
                                made.getName().equals(init.getName()) && "Always".equals(made.getRestartPolicy()));
    }

    private static List<ContainerStatus> statuses(Pod pod) {
        return pod.getStatus() == null ? List.of() : pod.getStatus().getInitContainerStatuses();
    }

    private static boolean isRunning(ContainerStatus init) {
        return init.getState() != null && init.getState().getRunning() != null;
    }

    /** Since when the current one runs; empty if none does. */
    static Optional<Instant> runningSince(Pod pod) {
        return current(pod)
                .filter(InitContainers::isRunning)
                .flatMap(init -> PodConditions.time(init.getState().getRunning().getStartedAt()));
    }

    /** How often they have been made anew after an end. */
    static int restarts(Pod pod) {
        return statuses(pod).stream()
                .mapToInt(init -> Objects.requireNonNullElse(init.getRestartCount(), 0))
                .sum();
    }

    /** How {@code init} failed; empty if it did not. */
    static Optional<ContainerStateTerminated> failure(ContainerStatus init) {
        return Optional.ofNullable(
                        init.getState() == null ? null : init.getState().getTerminated())
                .filter(end -> end.getExitCode() != 0);
    }

    /** A failure in words. */
    static String told(ContainerStatus init, ContainerStateTerminated failure) {
        String message =
                failure.getMessage() == null ? "" : ": " + failure.getMessage().strip();
        String how = "Error".equals(failure.getReason()) || failure.getReason() == null
                ? ""
                : " (" + failure.getReason() + ")";
        return "init container " + init.getName() + " ended with exit code " + failure.getExitCode() + how + message;
    }
}
