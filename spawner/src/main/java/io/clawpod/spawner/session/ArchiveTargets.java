package io.clawpod.spawner.session;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Instant;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** The sessions as the archive finds them. Thread-safe. */
public interface ArchiveTargets {
    /**
     * All sessions as last seen. Does not block.
     *
     * @throws Refusal if the watch is not fresh, so that an answer could be wrong
     */
    List<Session> seen();

    /** What happens to sessions from now on; begins with all there are. Fails if its reader is too slow. */
    Multi<SessionEvent> changes();

    /**
     * The agent's log, each line after its time, from a place on until the agent has ended; what breaks off is taken up again.
     * Fails with a {@link Refusal}: {@code LOGS_UNAVAILABLE} if there is no such log, or no longer. The stream has one reader,
     * and asks the kubelet for no more than that.
     *
     * @param from where an earlier stream of the same pod ended; absent for the beginning
     * @param missing is told, before what follows is handed on, of lines that the kubelet no longer has: the times of the last
     *     line before and of the first one after
     */
    Uni<Multi<byte[]>> log(Session session, @Nullable LogPlace from, BiConsumer<Instant, Instant> missing);

    /**
     * What the session's pod was made with, as {@link Sessions#detail}, but never of another pod. Blocks.
     *
     * @return absent if the pod is gone
     * @throws Refusal if the cluster does not answer
     */
    @Nullable
    SessionDetail detail(Session session);
}
