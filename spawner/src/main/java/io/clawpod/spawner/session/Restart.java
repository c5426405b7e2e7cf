package io.clawpod.spawner.session;

/** Whether an agent that ended is started again. */
public enum Restart {
    /** Someone waits for the exit code. */
    NEVER,
    /** Detached: started again in the same pod while it fails. */
    ON_FAILURE,
    /** Detached: tried again in a new pod, also elsewhere, while it fails; a Job keeps count. */
    JOB
}
