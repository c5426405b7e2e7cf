package io.clawpod.proxy.server;

import io.clawpod.proxy.credential.Credentials;
import io.clawpod.proxy.identity.PodWatch;
import io.clawpod.proxy.identity.SessionKeys;
import io.clawpod.proxy.route.Routes;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** What the readiness checks say, where alerts can see it: {@code clawpod_proxy_ready} is 1 while nothing is missing. */
@Singleton
final class ReadyMeter {
    private final PodWatch watch;
    private final SessionKeys keys;
    private final Routes routes;
    private final Credentials credentials;

    ReadyMeter(PodWatch watch, SessionKeys keys, Routes routes, Credentials credentials) {
        this.watch = watch;
        this.keys = keys;
        this.routes = routes;
        this.credentials = credentials;
    }

    void start(@Observes StartupEvent event, MeterRegistry meters) {
        Gauge.builder("clawpod.proxy.ready", this, meter -> meter.ready() ? 1 : 0)
                .register(meters);
    }

    private boolean ready() {
        return watch.fault() == null
                && keys.fault() == null
                && routes.current() != null
                && ReadinessChecks.requiredAreThere(routes, credentials.faults());
    }
}
