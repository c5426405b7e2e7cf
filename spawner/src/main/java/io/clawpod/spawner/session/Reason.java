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
    /** Running or pending again after a failure, by its restart policy. */
    RESTARTING,
    /** Unhealthy: the heartbeat is older than allowed, or has never come. Stopping or ended because of that. */
    HEARTBEAT_STALE,
    /** Ended with exit code 0. */
    COMPLETED,
    /** Ended with another exit code. */
    ERROR,
    OOM_KILLED,
    /** Ended by its node, which was short of something, or because it took more disk than it may. */
    EVICTED,
    /** Stopping or ended because a session of higher priority needed its place. */
    PREEMPTED,
    /** Stopping or ended because its node is being emptied or shut down. */
    DRAINED,
    /** Ended because what has to run before the agent, such as the one that gives it its folders, failed. */
    INIT_FAILED,
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
    /** The image cannot be had, for a reason that the cluster's words do not tell. */
    IMAGE_UNAVAILABLE,
    /** There is no such image. */
    IMAGE_NOT_FOUND,
    /** The registry does not give the image to this cluster. */
    IMAGE_DENIED,
    /** The image is not made for the node's platform. */
    IMAGE_PLATFORM,
    /** What names the image is no image's name. */
    IMAGE_INVALID,
    /** The image's registry does not answer, or is not well; it may be again. */
    REGISTRY_UNAVAILABLE,
    /** Stopping or ended because no node took it within its budget. */
    SCHEDULE_TIMEOUT,
    /** Ended because its image was not there within its budget. */
    PULL_TIMEOUT,
    /** Ended because its container was not there within its budget. */
    START_TIMEOUT,
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

    /** Whether it is about the image, and the agent has therefore not run. */
    public boolean isImageFault() {
        return this == IMAGE_UNAVAILABLE || this == REGISTRY_UNAVAILABLE || isDefiniteImageFault();
    }

    /** Whether the image cannot be had until somebody changes something. */
    public boolean isDefiniteImageFault() {
        return switch (this) {
            case IMAGE_NOT_FOUND, IMAGE_DENIED, IMAGE_PLATFORM, IMAGE_INVALID -> true;
            default -> false;
        };
    }

    /** Whether the agent of a session that ended for it has never run. */
    public boolean isStartFault() {
        return switch (this) {
            case SCHEDULE_TIMEOUT, PULL_TIMEOUT, START_TIMEOUT, INIT_FAILED -> true;
            default -> isImageFault();
        };
    }

    /** Whether the cluster made the session end, and it did not end of its own accord. */
    public boolean isDisruption() {
        return switch (this) {
            case EVICTED, PREEMPTED, DRAINED, LOST -> true;
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
