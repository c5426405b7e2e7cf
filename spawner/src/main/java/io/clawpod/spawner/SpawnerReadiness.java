package io.clawpod.spawner;

import io.clawpod.spawner.api.Callers;
import io.clawpod.spawner.cluster.ClusterSessions;
import io.clawpod.spawner.cluster.LeaderLease;
import io.clawpod.spawner.reap.Reaper;
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
    private final LeaderLease leadership;
    private final Reaper reaper;
    private final ArchivePart archive;

    SpawnerReadiness(
            ClusterSessions sessions, Callers callers, LeaderLease leadership, Reaper reaper, ArchivePart archive) {
        this.archive = archive;
        this.leadership = leadership;
        this.reaper = reaper;
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
        List<String> warnings = new ArrayList<>(sessions.warnings());
        leadership.fault().ifPresent(warnings::add);
        reaper.fault().ifPresent(warnings::add);
        if (archive.archive().isPresent()) {
            warnings.addAll(archive.archive().get().warnings());
            archive.leadership().fault().ifPresent(warnings::add);
        }
        for (int i = 0; i < warnings.size(); i++) {
            response.withData("warning." + (i + 1), warnings.get(i));
        }
        return response.build();
    }
}
