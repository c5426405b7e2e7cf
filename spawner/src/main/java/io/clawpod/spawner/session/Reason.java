package io.clawpod.spawner.session;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Why a session is where it is: what a pending one waits for, or how an ended one came to its end. */
public enum Reason {
    /** Pending: made, and waits for its caller to start it. */
    HELD,
    /** Pending: no node has been found yet. */
    UNSCHEDULED,
    /** Pending: the image is being fetched. */
    PULLING,
    /** Pending: the container is being made. */
    STARTING,
    /** Pending: the container cannot be made from what the pod names, such as a Secret that is not there. */
    CONFIG_ERROR,
    /** Running or pending again after a failure. */
    RESTARTING,
    /** Unhealthy: the heartbeat is older than allowed, or has never come. Stopping or ended because of that. */
    HEARTBEAT_STALE,
    /** Ended with exit code 0. */
    COMPLETED,
    /** Ended with another exit code. */
    ERROR,
    OOM_KILLED,
    EVICTED,
    /** Ended because its deadline passed. */
    DEADLINE,
    /** Stopping or ended because a caller asked for it. */
    STOPPED,
    /** Stopping or ended because it was made held and nobody started it. */
    NEVER_STARTED,
    /** Stopping or ended because the lease of its install's owner lapsed. */
    OWNER_LAPSED,
    /** Stopping or ended because its host did not name it in a sweep. */
    ORPHANED,
    /** Stopping or ended because it has done nothing for longer than it may. */
    IDLE,
    /** The image cannot be had. */
    IMAGE_UNAVAILABLE,
    /** No node can take it. */
    UNSCHEDULABLE,
    /** Its node went away. */
    LOST;

    /** Whether the session was made to end, by a caller or by the spawner itself, and did not end of its own accord. */
    public boolean isEndAskedFor() {
        return switch (this) {
            case STOPPED, NEVER_STARTED, OWNER_LAPSED, ORPHANED, IDLE, HEARTBEAT_STALE -> true;
            default -> false;
        };
    }

    /** The reason that {@link #code} gave, or empty if it gave none. */
    public static Optional<Reason> ofCode(String code) {
        return Arrays.stream(values())
                .filter(reason -> reason.code().equals(code))
                .findFirst();
    }

    /** The reason as callers read it: {@code oom-killed}. */
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
