package io.clawpod.spawner.cluster;

import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.SessionState;
import org.jspecify.annotations.Nullable;

/**
 * What a pod's status comes to.
 *
 * @param message for people, mostly in the cluster's own words
 */
record Verdict(
        SessionState state,
        @Nullable Reason reason,
        @Nullable String message) {}
