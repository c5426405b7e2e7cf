package io.clawpod.spawner.session;

import java.util.Locale;

/** Why a session is ended, or what is left of it removed, without a caller that stops it. */
public enum ReapReason {
    /** It has ended, and its time to be kept after that is over. */
    RETENTION,
    /** It was made held, and nobody has started it for too long. */
    NEVER_STARTED,
    /** The lease of its install's owner has lapsed, for longer than its grace. */
    OWNER_LAPSED,
    /** Its host did not name it in a sweep. */
    ORPHANED;

    /** The reason as it stands in logs and meters: {@code owner-lapsed}. */
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
