package io.clawpod.spawner.session;

import io.clawpod.common.InstallSlug;
import io.clawpod.common.Problem;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Sessions.LogQuery;
import io.clawpod.spawner.session.Sessions.Logs;
import io.smallrye.mutiny.Uni;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of sessions beyond their pods. All that reads it blocks, and throws a {@link Refusal} if the storage cannot be
 * read. Thread-safe.
 */
public interface Archive {
    /** Why no session may be made now; empty if it may. Does not block. */
    Optional<Problem> refusal();

    /** What an operator should know; empty when all is well. Does not block. */
    List<String> warnings();

    /** Whether the session's log and the last word on it are kept. */
    boolean hasAll(Session session);

    /** The record of the pod with this uid. */
    @Nullable
    SessionRecord find(InstallSlug install, String podUid);

    /** The newest record of a session. */
    @Nullable
    SessionRecord newest(SessionKey key);

    /** The newest record of each session whose key passes. */
    List<SessionRecord> newest(Predicate<SessionKey> filter);

    /** Records of an install, newest first. */
    Page list(InstallSlug install, Filter filter);

    /**
     * The log as far as it is kept; a stream from here never follows. Waits some seconds for the rest of a session that has only
     * just gone. Does not block; fails with a {@link Refusal} if the storage cannot be read.
     */
    Uni<Logs> log(SessionRecord record, LogQuery query);

    /**
     * Which records.
     *
     * @param since only sessions that ended then or later, or have not ended
     * @param reason code of {@link Reason}
     * @param after token of the page before
     * @param limit 1 or more
     */
    record Filter(
            @Nullable String key,
            @Nullable Instant since,
            @Nullable String reason,
            @Nullable String after,
            int limit) {}

    /** @param next token of the page after; absent on the last */
    record Page(List<SessionRecord> records, @Nullable String next) {}
}
