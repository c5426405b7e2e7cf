package io.clawpod.spawner.session;

import java.time.Instant;

/** Where it is noted what heartbeats were read, so that every replica and every watcher knows. Blocks; thread-safe. */
public interface HeartbeatNotes {
    /**
     * The session's agent last gave a heartbeat at this time. A pod that took its name in the meantime is left alone.
     *
     * @throws Refusal if the cluster does not let it
     */
    void given(Session session, Instant at);

    /**
     * The session's agent has given none since its start, for longer than it may.
     *
     * @param since when that was found
     * @throws Refusal if the cluster does not let it
     */
    void missing(Session session, Instant since);
}
