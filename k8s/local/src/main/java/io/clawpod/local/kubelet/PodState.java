package io.clawpod.local.kubelet;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a pod with its one container fares, as a PodStatus.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/">Pod lifecycle</a>
 */
final class PodState {
    private final Pod pod;
    private final String podIp;
    private final String startTime;
    private final Map<String, PodCondition> conditions = new HashMap<>();

    private String phase = "Pending";
    private @Nullable String reason;
    private @Nullable String message;
    private ContainerState state = waitingFor("ContainerCreating", null);
    private ContainerState lastState = new ContainerState();
    private int restarts;
    private boolean ready;

    PodState(Pod pod, String podIp, Instant now) {
        this.pod = pod;
        this.podIp = podIp;
        startTime = text(now);
    }

    private static String text(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static ContainerState waitingFor(String reason, @Nullable String message) {
        return new ContainerStateBuilder()
                .withNewWaiting()
                .withReason(reason)
                .withMessage(message)
                .endWaiting()
                .build();
    }

    void waiting(String why, @Nullable String detail) {
        state = waitingFor(why, detail);
        ready = false;
    }

    void running(Instant since, boolean isReady) {
        phase = "Running";
        state = new ContainerStateBuilder()
                .withNewRunning()
                .withStartedAt(text(since))
                .endRunning()
                .build();
        ready = isReady;
    }

    void ready(boolean isReady) {
        ready = isReady;
    }

    /**
     * The process has ended.
     *
     * @param code 128 and more means that signal {@code code - 128} ended it
     * @param lastWords the message for whoever asks why it failed
     */
    void terminated(int code, Instant startedAt, Instant finishedAt, @Nullable String why, @Nullable String lastWords) {
        String reasonOf = why != null ? why : code == 0 ? "Completed" : "Error";
        state = new ContainerStateBuilder()
                .withNewTerminated()
                .withExitCode(code)
                .withSignal(code > 128 ? code - 128 : null)
                .withReason(reasonOf)
                .withMessage(lastWords)
                .withStartedAt(text(startedAt))
                .withFinishedAt(text(finishedAt))
                .withContainerID(containerId())
                .endTerminated()
                .build();
        ready = false;
    }

    void restarting() {
        lastState = state;
        restarts++;
    }

    void ended(boolean succeeded, @Nullable String why, @Nullable String detail) {
        phase = succeeded ? "Succeeded" : "Failed";
        reason = why;
        message = detail;
    }

    private String containerId() {
        return "process://" + pod.getMetadata().getUid() + "/" + restarts;
    }

    PodStatus status(Instant now) {
        boolean over = phase.equals("Succeeded") || phase.equals("Failed");
        List<PodCondition> all = new ArrayList<>();
        all.add(condition("PodReadyToStartContainers", !over, null, now));
        all.add(condition("Initialized", true, phase.equals("Succeeded") ? "PodCompleted" : null, now));
        String unready = phase.equals("Succeeded")
                ? "PodCompleted"
                : phase.equals("Failed") ? "PodFailed" : "ContainersNotReady";
        all.add(condition("Ready", ready, ready ? null : unready, now));
        all.add(condition("ContainersReady", ready, ready ? null : unready, now));
        all.add(condition("PodScheduled", true, null, now));
        var container = pod.getSpec().getContainers().get(0);
        return new PodStatusBuilder()
                .withPhase(phase)
                .withReason(reason)
                .withMessage(message)
                .withConditions(all)
                .withHostIP(Kubelet.HOST_IP)
                .addNewHostIP(Kubelet.HOST_IP)
                .withPodIP(podIp)
                .addNewPodIP(podIp)
                .withStartTime(startTime)
                .withQosClass("BestEffort")
                .withContainerStatuses(new ContainerStatusBuilder()
                        .withName(container.getName())
                        .withImage(container.getImage())
                        .withImageID("")
                        .withState(state)
                        .withLastState(lastState)
                        .withReady(ready)
                        .withStarted(state.getRunning() != null)
                        .withRestartCount(restarts)
                        .withContainerID(state.getWaiting() == null ? containerId() : null)
                        .build())
                .build();
    }

    /** The transition time moves only when the status does. */
    private PodCondition condition(String type, boolean is, @Nullable String why, Instant now) {
        String status = is ? "True" : "False";
        PodCondition before = conditions.get(type);
        String since = before != null && before.getStatus().equals(status) ? before.getLastTransitionTime() : text(now);
        PodCondition condition = new PodConditionBuilder()
                .withType(type)
                .withStatus(status)
                .withReason(why)
                .withLastTransitionTime(since)
                .build();
        conditions.put(type, condition);
        return condition;
    }
}
