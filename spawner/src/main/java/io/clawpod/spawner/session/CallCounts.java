package io.clawpod.spawner.session;

import java.util.Optional;
import java.util.SortedMap;

/** How often a session's agent called the credential proxy. Blocks for a moment at most; thread-safe. */
@FunctionalInterface
public interface CallCounts {
    /**
     * The calls so far, by what became of them; empty if that is not known.
     *
     * @param podUid of the session's pod
     * @param ended whether it calls no longer, so that its last calls are asked for if they are not known yet
     */
    Optional<SortedMap<String, Long>> of(String podUid, boolean ended);
}
