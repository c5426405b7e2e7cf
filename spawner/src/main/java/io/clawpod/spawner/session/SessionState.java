package io.clawpod.spawner.session;

import java.util.Locale;

/** Where a session is in its life. */
public enum SessionState {
    PENDING,
    RUNNING,
    /** Running, but its heartbeat is stale. */
    UNHEALTHY,
    STOPPING,
    ENDED;

    /** The state as callers write it. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }
}
