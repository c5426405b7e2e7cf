package io.clawpod.spawner.archive;

import io.clawpod.spawner.session.ArchiveTargets;
import io.clawpod.spawner.session.CallCounts;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionDetail;
import java.time.Clock;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What recordings share.
 *
 * @param workers where they may block
 * @param heldByAll how much of logs is in memory, in bytes
 * @param leads whether this process may write now
 */
record Recorder(
        ArchiveTargets targets,
        CallCounts calls,
        Store store,
        Index index,
        Storage storage,
        ArchiveTally tally,
        LogLimits limits,
        Clock clock,
        Executor workers,
        AtomicLong heldByAll,
        BooleanSupplier leads) {
    SessionLog open(String folder) throws StoreFault {
        return SessionLog.open(store, folder, limits, clock, heldByAll);
    }

    boolean mayWrite() {
        return leads.getAsBoolean();
    }

    /** Null if the pod is gone, or the cluster does not answer: the record goes without it. */
    @Nullable
    SessionDetail detail(Session session) {
        try {
            return targets.detail(session);
        } catch (Refusal unanswered) {
            return null;
        }
    }
}
