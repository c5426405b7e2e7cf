package io.clawpod.proxy.exchange;

import io.clawpod.proxy.credential.Credential;
import io.clawpod.proxy.route.Limits;
import io.clawpod.proxy.route.Route;
import io.clawpod.proxy.scrub.Patterns;
import java.time.Duration;

/** What one exchange works with from its start on. */
record Means(
        Upstream upstreams, Route route, Limits limits, Credential credential, Patterns patterns, Patience patience) {
    /** How long either side may be silent. */
    Duration idle() {
        return patience.upTo(limits.idle());
    }

    /** How long the answer's head may take. */
    Duration firstByte() {
        return patience.upTo(limits.timeToFirstByte());
    }
}
