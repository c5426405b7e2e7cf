package io.clawpod.spawner.session;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Why a session is ended, or what is left of it removed, without a caller that stops it. */
public enum ReapReason {
    /** It has ended, and its time to be kept after that is over. */
    RETENTION,
    /** It was made held, and nobody has started it for too long. */
    NEVER_STARTED,
    /** The lease of its install's owner has lapsed, for longer than its grace. */
    OWNER_LAPSED,
    /** Its host did not name it in a sweep. */
    ORPHANED,
    /** Its heartbeat is stale, and it is to be ended for that. */
    HEARTBEAT_STALE,
    /** It gave no sign of life for longer than it may. */
    IDLE,
    /** No node took it within its budget. */
    SCHEDULE_TIMEOUT,
    /** Its image was not there within its budget. */
    PULL_TIMEOUT,
    /** Its container was not there within its budget. */
    START_TIMEOUT,
    /** Its image cannot be had until somebody changes something. */
    IMAGE_FAULT,
    /** It is to end, and its node has been silent for too long to say that it has. */
    NODE_GONE;

    /** What callers read of a session that was ended for it; null for one that had ended already. */
    public @Nullable Reason reason() {
        return switch (this) {
            case RETENTION -> null;
            case NEVER_STARTED -> Reason.NEVER_STARTED;
            case OWNER_LAPSED -> Reason.OWNER_LAPSED;
            case ORPHANED -> Reason.ORPHANED;
            case HEARTBEAT_STALE -> Reason.HEARTBEAT_STALE;
            case IDLE -> Reason.IDLE;
            case SCHEDULE_TIMEOUT -> Reason.SCHEDULE_TIMEOUT;
            case PULL_TIMEOUT -> Reason.PULL_TIMEOUT;
            case START_TIMEOUT -> Reason.START_TIMEOUT;
            // The session's own reason says more.
            case IMAGE_FAULT -> Reason.IMAGE_UNAVAILABLE;
            case NODE_GONE -> Reason.LOST;
        };
    }

    /** The reason as it stands in logs and meters: {@code owner-lapsed}. */
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
