package io.clawpod.spawner.session;

import io.clawpod.common.InstallSlug;
import java.util.List;
import java.util.Set;

/** What a host that comes back does about sessions that it knows nothing of. Calls the cluster and blocks. Thread-safe. */
public interface Sweeps {
    /**
     * Ends every session of the install that has not ended and is not named.
     *
     * @param keep keys of sessions that the host knows
     * @param dryRun whether only to say what would be ended
     * @throws Refusal if it cannot be told which sessions there are, or some could not be ended; its extensions say which
     */
    Swept sweep(InstallSlug install, Set<String> keep, boolean dryRun);

    /**
     * What a sweep did. Keys in their order.
     *
     * @param ended keys of the sessions that are on their way out, or would be
     * @param kept named keys that have a session, ended or not
     * @param unknown named keys that have none
     */
    record Swept(List<String> ended, List<String> kept, List<String> unknown) {}
}
