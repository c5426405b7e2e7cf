package io.clawpod.proxy.exchange;

import jakarta.inject.Singleton;
import java.time.Duration;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** How long anybody is waited for, whatever a route allows. */
@Singleton
public final class Patience {
    private final Duration idle;
    private final Duration body;

    Patience(
            @ConfigProperty(name = "clawpod.upstream.idle-timeout") Duration idle,
            @ConfigProperty(name = "clawpod.client.body-timeout") Duration body) {
        this.idle = idle;
        this.body = body;
    }

    /** The shorter of a route's limit and the configured one; a route's zero leaves the configured one. */
    Duration upTo(Duration limit) {
        return limit.isZero() || limit.compareTo(idle) > 0 ? idle : limit;
    }

    /** The time in which a client must send {@link Upload#LEAST} bytes of a body, or its end. */
    Duration body() {
        return body;
    }
}
