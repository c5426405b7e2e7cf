package io.clawpod.local.kubelet;

import io.fabric8.kubernetes.api.model.Probe;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A readiness probe that runs a command, and how often it has gone one way; probes of other kinds always succeed. */
final class Readiness {
    private static final long SECOND_NANOS = 1_000_000_000L;

    private final @Nullable Probe probe;
    private long dueAt;
    private int streak;
    private boolean last;
    private boolean ready;

    /** What is to be run. */
    record Command(List<String> words, int timeoutSeconds) {}

    /** Runs the command in the container. */
    interface Runner {
        boolean succeeds(Command command) throws InterruptedException;
    }

    /** @param probe null when there is none, and then it is never due */
    Readiness(@Nullable Probe probe) {
        this.probe = probe;
        int delay = probe == null ? 0 : Objects.requireNonNullElse(probe.getInitialDelaySeconds(), 0);
        dueAt = System.nanoTime() + delay * SECOND_NANOS;
    }

    long dueInNanos(long now) {
        return probe == null ? Long.MAX_VALUE : dueAt - now;
    }

    boolean ready() {
        return ready;
    }

    /** @return whether the pod's readiness changed */
    boolean check(Runner runner) throws InterruptedException {
        Probe checked = Objects.requireNonNull(probe);
        boolean success = checked.getExec() == null
                || runner.succeeds(new Command(
                        checked.getExec().getCommand(), Objects.requireNonNullElse(checked.getTimeoutSeconds(), 1)));
        int period = Math.max(1, Objects.requireNonNullElse(checked.getPeriodSeconds(), 10));
        dueAt = System.nanoTime() + period * SECOND_NANOS;
        streak = success == last ? streak + 1 : 1;
        last = success;
        int needed = success
                ? Objects.requireNonNullElse(checked.getSuccessThreshold(), 1)
                : Objects.requireNonNullElse(checked.getFailureThreshold(), 3);
        if (ready == success || streak < needed) {
            return false;
        }
        ready = success;
        return true;
    }
}
