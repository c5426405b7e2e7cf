package io.clawpod.spawner.session;

import java.util.Locale;

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
    /** Unhealthy: the heartbeat file is older than allowed. */
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
    /** The image cannot be had. */
    IMAGE_UNAVAILABLE,
    /** No node can take it. */
    UNSCHEDULABLE,
    /** Its node went away. */
    LOST;

    /** The reason as callers read it: {@code oom-killed}. */
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
