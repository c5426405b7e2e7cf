package io.clawpod.spawner;

import io.clawpod.spawner.api.Callers;
import io.clawpod.spawner.cluster.ClusterSessions;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** Ready only while sessions can be told and made: names each thing that is missing, and what only some sessions miss. */
@Readiness
@ApplicationScoped
class SpawnerReadiness implements HealthCheck {
    private final ClusterSessions sessions;
    private final Callers callers;

    SpawnerReadiness(ClusterSessions sessions, Callers callers) {
        this.sessions = sessions;
        this.callers = callers;
    }

    @Override
    public HealthCheckResponse call() {
        List<String> faults = new ArrayList<>(sessions.faults());
        faults.addAll(callers.faults());
        HealthCheckResponseBuilder response =
                HealthCheckResponse.named("spawner").status(faults.isEmpty());
        for (int i = 0; i < faults.size(); i++) {
            response.withData("missing." + (i + 1), faults.get(i));
        }
        List<String> warnings = sessions.warnings();
        for (int i = 0; i < warnings.size(); i++) {
            response.withData("warning." + (i + 1), warnings.get(i));
        }
        return response.build();
    }
}
