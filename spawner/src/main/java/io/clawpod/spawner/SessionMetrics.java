package io.clawpod.spawner;

import io.clawpod.spawner.archive.ArchiveTally;
import io.clawpod.spawner.archive.StoredArchive;
import io.clawpod.spawner.cluster.ClusterSessions;
import io.clawpod.spawner.reap.Heartbeats;
import io.clawpod.spawner.reap.ReapTally;
import io.clawpod.spawner.reap.Reaper;
import io.clawpod.spawner.session.ReapReason;
import io.clawpod.spawner.session.SessionState;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import jakarta.enterprise.context.ApplicationScoped;

/** What the spawner shows of its sessions and of itself at /q/metrics. */
@ApplicationScoped
class SessionMetrics {
    private final MeterRegistry registry;
    private final ClusterSessions sessions;
    private final Reaper reaper;
    private final ReapTally tally;
    private final Heartbeats heartbeats;
    private final ArchivePart archive;

    SessionMetrics(
            MeterRegistry registry,
            ClusterSessions sessions,
            Reaper reaper,
            ReapTally tally,
            Heartbeats heartbeats,
            ArchivePart archive) {
        this.heartbeats = heartbeats;
        this.archive = archive;
        this.reaper = reaper;
        this.tally = tally;
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
        Gauge.builder("clawpod.volumes.right", sessions, s -> s.areVolumesRight() ? 1 : 0)
                .description("1 while the files with volume rules and the mount allowlist are right")
                .strongReference(true)
                .register(registry);
        Gauge.builder("clawpod.reaper.leader", reaper, r -> r.leads() ? 1 : 0)
                .description("1 while this replica reaps")
                .strongReference(true)
                .register(registry);
        Gauge.builder("clawpod.heartbeat.age.max", heartbeats, Heartbeats::greatestAge)
                .description(
                        "Seconds since the oldest last heartbeat among running sessions that have one, as last read")
                .strongReference(true)
                .register(registry);
        Gauge.builder("clawpod.heartbeat.stale", heartbeats, Heartbeats::stale)
                .description("Sessions whose heartbeat is stale")
                .strongReference(true)
                .register(registry);
        for (String cause : Heartbeats.causes()) {
            FunctionCounter.builder("clawpod.heartbeat.failures", heartbeats, h -> h.failures(cause))
                    .description("Heartbeats that could not be read or noted, by cause")
                    .tag("cause", cause)
                    .register(registry);
        }
        for (ReapReason reason : ReapReason.values()) {
            FunctionCounter.builder("clawpod.reaped", tally, t -> t.count(reason))
                    .description("Sessions ended or removed without a caller that stops them, by reason")
                    .tag("reason", reason.code())
                    .register(registry);
        }
        archive.archive().ifPresent(this::register);
    }

    private void register(StoredArchive kept) {
        Gauge.builder("clawpod.archive.sessions", kept, StoredArchive::sessions)
                .description("Sessions in the archive")
                .strongReference(true)
                .register(registry);
        Gauge.builder("clawpod.archive.bytes", kept, StoredArchive::bytes)
                .description("Bytes in the archive, packed")
                .baseUnit("bytes")
                .strongReference(true)
                .register(registry);
        Gauge.builder("clawpod.archive.leader", kept, a -> a.leads() ? 1 : 0)
                .description("1 while this replica writes the archive")
                .strongReference(true)
                .register(registry);
        for (ArchiveTally.Operation operation : ArchiveTally.Operation.values()) {
            FunctionCounter.builder("clawpod.archive.failures", kept.tally(), t -> t.failures(operation))
                    .description("What the archive's storage did not do, by what was tried")
                    .tag("operation", operation.code())
                    .register(registry);
        }
        FunctionCounter.builder("clawpod.archive.dropped", kept.tally(), ArchiveTally::droppedBytes)
                .description("Bytes of logs that were read and could not be kept")
                .baseUnit("bytes")
                .register(registry);
        FunctionCounter.builder("clawpod.archive.scrubbed", kept.tally(), ArchiveTally::scrubbed)
                .description("Secrets taken out of logs")
                .register(registry);
    }
}
