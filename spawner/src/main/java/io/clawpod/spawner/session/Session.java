package io.clawpod.spawner.session;

import io.clawpod.common.SessionKey;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a session is, as last seen in its pod. Immutable.
 *
 * @param reason what a pending session waits for, or why an ended one ended
 * @param message the cluster's own words on it, for people
 * @param exitCode of the agent, once ended; 128 + n if signal n killed it
 * @param signal that killed the agent
 * @param image as the pod names it
 * @param specHash of the spec that it was made from
 * @param createdAt when the pod was made
 * @param startedAt when the agent started
 * @param endedAt when the agent ended
 * @param revokedAt since when the credential proxy refuses its token
 */
public record Session(
        SessionKey key,
        @Nullable String group,
        @Nullable String role,
        SessionState state,
        @Nullable Reason reason,
        @Nullable String message,
        @Nullable Integer exitCode,
        @Nullable Integer signal,
        PodRef pod,
        String image,
        SpecHash specHash,
        Instant createdAt,
        @Nullable Instant startedAt,
        @Nullable Instant endedAt,
        @Nullable Instant revokedAt) {

    /**
     * The pod that carries a session.
     *
     * @param uid metadata.uid: the one thing that two pods of the same name do not share
     * @param node absent until it is scheduled
     * @param ip absent until it has a network
     */
    public record PodRef(
            String namespace,
            String name,
            String uid,
            @Nullable String node,
            @Nullable String ip) {}

    /** This session, ended for another reason. */
    public Session withReason(Reason why) {
        return new Session(
                key, group, role, state, why, message, exitCode, signal, pod, image, specHash, createdAt, startedAt,
                endedAt, revokedAt);
    }

    public boolean hasEnded() {
        return state == SessionState.ENDED;
    }
}
