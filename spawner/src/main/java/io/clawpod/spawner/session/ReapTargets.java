package io.clawpod.spawner.session;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The sessions as the reaper finds them, and how it ends them. Thread-safe. */
public interface ReapTargets {
    /**
     * All sessions as last seen; pods that are not ours are not among them. Does not block.
     *
     * @throws Refusal if the watch is not fresh, so that an answer could be wrong
     */
    List<Seen> seen();

    /**
     * Ends a session, or removes what an ended one has left, with the pod's own grace; says so in the log and in an Event of
     * the pod. A pod that took its name in the meantime is left alone, and so is one that was never started and now is, or that
     * no longer waits for what it waited for. Blocks.
     *
     * @param note for people, why
     * @return whether there was such a pod
     * @throws Refusal if the cluster does not let it
     */
    boolean end(Session session, ReapReason why, String note);

    /**
     * @param keptUntil when its retention is over; absent if it has not ended, or is to stay
     * @param graceOver when the grace of its stop was over; absent unless its node is silent, so that nobody reports its end
     * @param reasonSince since when this process has seen it with its reason
     */
    record Seen(
            Session session,
            @Nullable Instant keptUntil,
            @Nullable Instant graceOver,
            Instant reasonSince) {
        public Seen(Session session, @Nullable Instant keptUntil) {
            this(session, keptUntil, null, session.since());
        }
    }
}
