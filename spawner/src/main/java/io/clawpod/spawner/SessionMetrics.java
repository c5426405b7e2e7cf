package io.clawpod.spawner;

import io.clawpod.spawner.cluster.ClusterSessions;
import io.clawpod.spawner.session.SessionState;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import jakarta.enterprise.context.ApplicationScoped;

/** What the spawner shows of its sessions and of itself at /q/metrics. */
@ApplicationScoped
class SessionMetrics {
    private final MeterRegistry registry;
    private final ClusterSessions sessions;

    SessionMetrics(MeterRegistry registry, ClusterSessions sessions) {
        this.registry = registry;
        this.sessions = sessions;
    }

    @Startup
    void register() {
        for (SessionState state : SessionState.values()) {
            Gauge.builder("clawpod.sessions", sessions, s -> s.countByState().getOrDefault(state.code(), 0))
                    .description("Sessions by state")
                    .tag("state", state.code())
                    .strongReference(true)
                    .register(registry);
        }
        Gauge.builder("clawpod.watch.fresh", sessions, s -> s.faults().isEmpty() ? 1 : 0)
                .description("1 while sessions can be told and made")
                .strongReference(true)
                .register(registry);
    }
}
