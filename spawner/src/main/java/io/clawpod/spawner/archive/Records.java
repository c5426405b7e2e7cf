package io.clawpod.spawner.archive;

import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionDetail;
import io.clawpod.spawner.session.SessionRecord;
import java.time.Instant;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** Makes records of what was seen. Pure. */
final class Records {
    /** The cluster's own words may be as long as it likes. */
    private static final int MAX_MESSAGE = 4096;

    private Records() {}

    /**
     * @param last whether it is the last word
     * @param now for an end that nobody has seen
     * @param detail absent if the pod could not be asked
     * @param former the record so far
     */
    static SessionRecord of(
            Session session,
            boolean last,
            Instant now,
            @Nullable SessionDetail detail,
            @Nullable SessionRecord former,
            SessionRecord.@Nullable Used used,
            SessionRecord.Log log,
            @Nullable SortedMap<String, Long> calls) {
        Reason reason = session.reason();
        Instant endedAt = session.endedAt() == null && last ? now : session.endedAt();
        return new SessionRecord(
                SessionRecord.VERSION,
                last,
                session.key().install().value(),
                session.key().key(),
                session.group(),
                session.role(),
                new SessionRecord.Pod(
                        session.pod().namespace(),
                        session.pod().name(),
                        session.pod().uid(),
                        session.pod().node()),
                session.image(),
                detail != null ? detail.imageId() : former == null ? null : former.imageId(),
                session.specHash().value(),
                session.container().tty(),
                session.createdAt(),
                session.startedAt() == null && former != null ? former.startedAt() : session.startedAt(),
                endedAt,
                last && reason != null ? reason.code() : null,
                cut(session.message()),
                session.exitCode(),
                session.signal(),
                detail != null ? detail.restartCount() : former == null ? 0 : former.restarts(),
                detail != null
                        ? new SessionRecord.Limits(detail.requestCpuMillis(), detail.requestMemoryBytes())
                        : former == null ? null : former.requested(),
                detail != null
                        ? new SessionRecord.Limits(detail.cpuMillis(), detail.memoryBytes())
                        : former == null ? null : former.limits(),
                used,
                log,
                calls == null && former != null ? former.credentialCalls() : calls);
    }

    /** The last word on a session that went while nobody watched. */
    static SessionRecord lost(SessionRecord record, Instant now, SessionRecord.Log log) {
        return new SessionRecord(
                record.version(),
                true,
                record.install(),
                record.key(),
                record.group(),
                record.role(),
                record.pod(),
                record.image(),
                record.imageId(),
                record.specHash(),
                record.tty(),
                record.createdAt(),
                record.startedAt(),
                now,
                Reason.LOST.code(),
                "its pod went while no spawner watched",
                null,
                null,
                record.restarts(),
                record.requested(),
                record.limits(),
                record.used(),
                log,
                record.credentialCalls());
    }

    private static @Nullable String cut(@Nullable String message) {
        return message == null || message.length() <= MAX_MESSAGE
                ? message
                : message.substring(0, message.offsetByCodePoints(0, MAX_MESSAGE / 2)) + "…";
    }
}
