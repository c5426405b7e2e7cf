package io.clawpod.proxy.identity;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Is told of pods that may call no longer. */
@FunctionalInterface
public interface PodEndListener {
    /**
     * Called on the watch's thread, perhaps more than once for one pod, but only the first time with {@code at}.
     *
     * @param cause {@code ended}, {@code deleted} or {@code revoked}
     * @param at since when, as the cluster has it; absent if it is not known
     */
    void ended(String podUid, String cause, @Nullable Instant at);
}
