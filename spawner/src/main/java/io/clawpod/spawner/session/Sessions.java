package io.clawpod.spawner.session;

import io.clawpod.common.Problem;
import io.clawpod.common.SessionKey;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of the cluster. Reads come from memory and do not block; {@link #admit}, {@link #stop} and {@link
 * #revoke} call the Kubernetes API and block, so they must not run on an event loop. Thread-safe.
 */
public interface Sessions {
    /** Makes the session, or adopts the one that is there with the same spec. */
    default Admission admit(SessionKey key, SessionSpec spec) {
        return admit(key, spec, Terms.AT_ONCE);
    }

    /**
     * Makes the session on certain terms, or adopts the one that is there with the same spec. One that was to be removed at
     * its end, and has ended, makes room.
     */
    Admission admit(SessionKey key, SessionSpec spec, Terms terms);

    /** Lets a session run that was made held; one that is already let changes nothing. */
    Start start(SessionKey key);

    /**
     * Ends the session's pod, if it has not ended, and makes a new one from the same plan under the same key, with a token of
     * its own.
     *
     * @param grace as for {@link #stop}
     */
    Start restart(SessionKey key, @Nullable Duration grace);

    /** What {@link #admit} would make of it: the problem it would answer with, or the warnings. Makes nothing. */
    Preview preview(SessionKey key, SessionSpec spec);

    /** @throws Refusal if the watch is not fresh, so that an answer could be wrong */
    @Nullable
    Session find(SessionKey key);

    /**
     * Sessions in the order of their keys.
     *
     * @throws Refusal if the watch is not fresh, so that an answer could be wrong
     */
    List<Session> list(Predicate<Session> filter);

    /**
     * Ends a session: its agent is asked to stop and killed after the grace; then the pod goes, and all that belongs to it.
     *
     * @param grace zero to an hour; absent means the pod's own
     */
    Stop stop(SessionKey key, @Nullable Duration grace);

    /**
     * Makes the session's token worthless, and leaves its agent running: the credential proxy refuses its calls from then on
     * and cuts those that are open. Revoking again changes nothing.
     */
    Revocation revoke(SessionKey key);

    /**
     * The agent's output, or why there is none.
     *
     * @throws Refusal if the watch is not fresh, so that an answer could be wrong
     */
    Uni<Logs> logs(SessionKey key, LogQuery query);

    /**
     * What happens to sessions from now on, each change after the one it builds on. The stream fails if its reader is too
     * slow.
     *
     * @param lastSeen id of the last event that the reader has seen; if what followed is no longer known, or absent, the
     *     stream begins with {@link SessionEvent.Resync}
     */
    Multi<SessionEvent> watch(@Nullable String lastSeen);

    /** How the session is now and at each change; ends when its pod is gone, or at once if there is none. */
    Multi<Session> follow(SessionKey key);

    /**
     * What a session's pod was made with; calls the Kubernetes API and blocks.
     *
     * @return absent if there is no such session
     * @throws Refusal if the cluster does not answer
     */
    @Nullable
    SessionDetail detail(SessionKey key);

    /**
     * On which terms a session is made. They are no part of what it is: a repeated request with others adopts it all the
     * same.
     *
     * @param held whether it waits for {@link #start}
     * @param autoRemove whether it counts as gone, and its key as free, once it has ended
     */
    record Terms(boolean held, boolean autoRemove) {
        public static final Terms AT_ONCE = new Terms(false, false);
    }

    /** What {@link #start} and {@link #restart} did. */
    sealed interface Start {
        /** It is on its way; so it was before if {@code already}. */
        record Started(Session session, boolean already) implements Start {}

        record Absent() implements Start {}

        record Refused(Problem problem) implements Start {}
    }

    /** What {@link #stop} did. */
    sealed interface Stop {
        /** It is on its way out. */
        record Stopping(Session session) implements Stop {}

        /** There was nothing to stop. */
        record Absent() implements Stop {}

        record Refused(Problem problem) implements Stop {}
    }

    /** What {@link #revoke} did. */
    sealed interface Revocation {
        /** It is revoked, by this call or an earlier one. */
        record Revoked(Session session) implements Revocation {}

        /** There is no such session. */
        record Absent() implements Revocation {}

        record Refused(Problem problem) implements Revocation {}
    }

    /** What {@link #preview} found. */
    sealed interface Preview {
        record Admissible(List<String> warnings) implements Preview {}

        record Refused(Problem problem) implements Preview {}
    }

    /** What {@link #logs} found. */
    sealed interface Logs {
        /** Bytes as the agent wrote them. */
        record Stream(Multi<byte[]> bytes) implements Logs {}

        record Refused(Problem problem) implements Logs {}
    }

    /**
     * @param follow whether to go on until the agent ends
     * @param tail how many lines from the end to begin with; 0 or more, absent means all
     * @param since leave out what is older
     * @param timestamps begin each line with its time (RFC 3339)
     */
    record LogQuery(
            boolean follow,
            @Nullable Integer tail,
            @Nullable Instant since,
            boolean timestamps) {}
}
