package io.clawpod.proxy.exchange;

import io.clawpod.proxy.credential.Credential;
import io.clawpod.proxy.route.Route;
import io.clawpod.proxy.scrub.Patterns;
import java.time.Duration;

/**
 * What one exchange works with from its start on.
 *
 * @param rejected run if the upstream answers with 401, so that the next call may have a fresh credential
 */
record Means(
        Upstream upstreams,
        Route route,
        Credential credential,
        Runnable rejected,
        Patterns patterns,
        Patience patience) {
    /** How long either side may be silent. */
    Duration idle() {
        return patience.upTo(route.limits().idle());
    }

    /** How long the answer's head may take. */
    Duration firstByte() {
        return patience.upTo(route.limits().timeToFirstByte());
    }
}
