package io.clawpod.spawner.session;

import io.clawpod.common.SessionKey;
import java.time.Instant;
import java.util.Collections;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What a session is, as last seen in its pod, or in its Job and the newest of that Job's pods. Immutable.
 *
 * @param reason what a pending session waits for, or why an ended one ended
 * @param message the cluster's own words on it, for people
 * @param exitCode of the agent, once ended, or of what failed before it; 128 + n if signal n killed it
 * @param signal that killed the agent
 * @param image as the pod names it
 * @param specHash of the spec that it was made from
 * @param createdAt when the pod was made, or the Job
 * @param since of a pending session that is not held: when what it waits for began, as far as its pod tells; else as createdAt
 * @param startedAt when the agent started
 * @param endedAt when the agent ended
 * @param revokedAt since when the credential proxy refuses its token
 * @param signs of its life
 * @param restarts how often its container has been made anew after an end, by its restart policy
 * @param labels the caller's own, and those of install, group and role, verbatim
 * @param job what makes its pods; absent for a session whose one pod is its own
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
        Instant since,
        @Nullable Instant startedAt,
        @Nullable Instant endedAt,
        @Nullable Instant revokedAt,
        LifeSigns signs,
        int restarts,
        SortedMap<String, String> labels,
        Container container,
        @Nullable Job job) {
    public Session {
        labels = Collections.unmodifiableSortedMap(labels);
    }

    /** A session whose pod is its own. */
    public Session(
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
            Instant since,
            @Nullable Instant startedAt,
            @Nullable Instant endedAt,
            @Nullable Instant revokedAt,
            LifeSigns signs,
            int restarts,
            SortedMap<String, String> labels,
            Container container) {
        this(
                key, group, role, state, reason, message, exitCode, signal, pod, image, specHash, createdAt, since,
                startedAt, endedAt, revokedAt, signs, restarts, labels, container, null);
    }

    /**
     * The Job that makes a session's pods, one after the other.
     *
     * @param failed how many of them have failed and count
     */
    public record Job(String name, String uid, int failed) {}

    /**
     * The pod that carries a session. Of a Job that has no pod now it is the Job's own name and uid.
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

    /**
     * What the agent's container was made with, as far as it shows in lists.
     *
     * @param commandLine command and arguments, or empty for the image's own; cut after {@value #MAX_COMMAND_LINE} characters
     * @param stdin whether its standard input is open for a client that attaches
     * @param tty whether it has a terminal
     * @param autoRemove whether it counts as gone once it has ended
     */
    public record Container(String commandLine, boolean stdin, boolean tty, boolean autoRemove) {
        /** The greatest length of {@link #commandLine}, in characters. */
        public static final int MAX_COMMAND_LINE = 256;

        public Container {
            if (commandLine.length() > MAX_COMMAND_LINE) {
                commandLine = commandLine.substring(0, commandLine.offsetByCodePoints(0, MAX_COMMAND_LINE / 2)) + "…";
            }
        }
    }

    /** This session, ended for another reason. */
    public Session withReason(Reason why) {
        return new Session(
                key, group, role, state, why, message, exitCode, signal, pod, image, specHash, createdAt, since,
                startedAt, endedAt, revokedAt, signs, restarts, labels, container, job);
    }

    /** What its heartbeat says of a running session. */
    public enum Health {
        /** It does not run, or has no heartbeat. */
        NONE,
        /** It has not given its first heartbeat. */
        STARTING,
        HEALTHY,
        UNHEALTHY
    }

    public Health health() {
        if (state == SessionState.UNHEALTHY) {
            return Health.UNHEALTHY;
        }
        if (signs.heartbeat() == null || !isRunning()) {
            return Health.NONE;
        }
        return signs.fresh() ? Health.HEALTHY : Health.STARTING;
    }

    /** Whether it was made and still waits for its start. */
    public boolean isHeld() {
        return reason == Reason.HELD;
    }

    /** Whether its agent runs, whatever is said of its health. */
    public boolean isRunning() {
        return (state == SessionState.RUNNING && reason != Reason.RESTARTING)
                || (state == SessionState.UNHEALTHY && reason == Reason.HEARTBEAT_STALE);
    }

    public boolean hasEnded() {
        return state == SessionState.ENDED;
    }
}
