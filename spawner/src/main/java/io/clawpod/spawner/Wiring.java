package io.clawpod.spawner;

import io.clawpod.spawner.api.Callers;
import io.clawpod.spawner.api.KeysResource.PublicKeys;
import io.clawpod.spawner.api.SessionView;
import io.clawpod.spawner.archive.ArchivedReaping;
import io.clawpod.spawner.archive.ArchivedSessions;
import io.clawpod.spawner.archive.Archives;
import io.clawpod.spawner.archive.S3Settings;
import io.clawpod.spawner.archive.StoredArchive;
import io.clawpod.spawner.calls.ProxyCalls;
import io.clawpod.spawner.cluster.ClusterOwnerLeases;
import io.clawpod.spawner.cluster.ClusterSessions;
import io.clawpod.spawner.cluster.ClusterSettings;
import io.clawpod.spawner.cluster.ClusterTokenReviews;
import io.clawpod.spawner.cluster.LeaderLease;
import io.clawpod.spawner.docker.SessionRenderer;
import io.clawpod.spawner.host.HostVolumes;
import io.clawpod.spawner.image.ImageSettings;
import io.clawpod.spawner.image.RegistryImages;
import io.clawpod.spawner.onecli.ProxyUrl;
import io.clawpod.spawner.reap.Heartbeats;
import io.clawpod.spawner.reap.InstallSweeps;
import io.clawpod.spawner.reap.ReapTally;
import io.clawpod.spawner.reap.Reaper;
import io.clawpod.spawner.session.Archive;
import io.clawpod.spawner.session.Images;
import io.clawpod.spawner.session.LastCalls;
import io.clawpod.spawner.session.OwnerLeases;
import io.clawpod.spawner.session.Processes;
import io.clawpod.spawner.session.ReapTargets;
import io.clawpod.spawner.session.Sessions;
import io.clawpod.spawner.session.Sweeps;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.enterprise.inject.Typed;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Makes the parts and keeps them fed. */
@ApplicationScoped
public class Wiring {
    private final ClusterSessions sessions;
    private final Callers callers;
    private final String proxyUrl;
    private final ImageSettings imageSettings;
    private final OwnerLeases leases;
    private final LeaderLease leadership;
    private final ReapTally tally = new ReapTally();
    private final Sweeps sweeps;
    private final Heartbeats heartbeats;
    private final Reaper reaper;
    private final @Nullable ProxyCalls calls;
    private final LeaderLease archivist;
    private final @Nullable StoredArchive archive;
    private final @Nullable ArchivedReaping archivedReaping;

    Wiring(
            SpawnerConfig config,
            ReapConfig reap,
            HeartbeatConfig heartbeat,
            BudgetConfig budget,
            ArchiveConfig archiving,
            KubernetesClient client,
            Clock clock,
            Vertx vertx) {
        ClusterSettings settings = SettingsReader.read(config, heartbeat);
        String instance = UUID.randomUUID().toString();
        this.sessions =
                new ClusterSessions(client, settings, new HostVolumes(SettingsReader.volumes(config)), clock, instance);
        this.imageSettings = SettingsReader.images(config);
        this.proxyUrl = settings.plan().proxyUrl();
        this.callers = new Callers(
                config.callers().tokenFile(),
                config.callers().secret(),
                config.callers().serviceAccounts().orElse(Set.of()),
                new ClusterTokenReviews(client));
        this.leases = new ClusterOwnerLeases(client, clock, settings.plan().namespace());
        this.leadership = new LeaderLease(client, clock, reap.namespace(), "spawner-reaper", instance);
        this.calls = SettingsReader.callsUrl(config)
                .map(url -> new ProxyCalls(vertx, url, sessions::callsToken, clock))
                .orElse(null);
        this.archivist = new LeaderLease(client, clock, archiving.namespace(), "spawner-archiver", instance);
        this.archive = archive(archiving, clock, instance);
        this.archivedReaping = archive == null ? null : new ArchivedReaping(sessions.reapTargets(), archive, clock);
        ReapTargets targets = archivedReaping == null ? sessions.reapTargets() : archivedReaping;
        this.sweeps = new InstallSweeps(targets, tally);
        this.heartbeats = new Heartbeats(
                targets,
                sessions.processes(),
                sessions.heartbeatNotes(),
                calls == null ? LastCalls.UNCOUNTED : calls,
                SettingsReader.heartbeats(heartbeat),
                clock);
        this.reaper = new Reaper(
                targets,
                leases,
                heartbeats,
                leadership::hold,
                // While it is not ready no caller reaches it.
                () -> sessions.faults().isEmpty() && callers.faults().isEmpty(),
                SettingsReader.reap(reap, budget),
                clock,
                tally);
    }

    private @Nullable StoredArchive archive(ArchiveConfig config, Clock clock, String instance) {
        Archives archives = new Archives(
                SettingsReader.archive(config),
                sessions.archiveTargets(),
                sessions.processes(),
                calls == null
                        ? (podUid, ended) -> Optional.empty()
                        : (podUid, ended) -> ended ? calls.countsNow(podUid, sessions.podUids()) : calls.counts(podUid),
                archivist::hold,
                clock,
                instance);
        Optional<S3Settings> bucket = SettingsReader.s3(config);
        return bucket.isPresent()
                ? archives.in(bucket.get())
                : config.folder().map(archives::in).orElse(null);
    }

    /** The clock of the machine; a bean of its own, so that tests can set another. */
    @ApplicationScoped
    static class SystemClock {
        @Produces
        @Singleton
        Clock clock() {
            return Clock.systemUTC();
        }
    }

    @Startup
    void start() {
        callers.refresh();
        sessions.start();
        if (archive != null) {
            archive.probe();
        }
    }

    void stop(@Observes ShutdownEvent event) {
        leadership.release();
        if (calls != null) {
            calls.close();
        }
        if (archive != null) {
            archive.close();
            archivist.release();
        }
        sessions.close();
    }

    /** Watches tell of pods alone; everything else is looked at again. */
    @Scheduled(every = "3s", concurrentExecution = ConcurrentExecution.SKIP)
    void refresh() {
        callers.refresh();
        sessions.refresh();
    }

    /** Apart from the other, so that what takes long to end holds up nothing that has to be fresh. */
    @Scheduled(every = "3s", concurrentExecution = ConcurrentExecution.SKIP)
    void reap() {
        reaper.reap();
    }

    /** Apart again: a proxy that does not answer holds up its own look alone. */
    @Scheduled(every = "10s", concurrentExecution = ConcurrentExecution.SKIP)
    void askForCalls() {
        if (calls != null) {
            calls.refresh(sessions.podUids());
        }
    }

    /** Apart from the reaper, so that agents that do not answer hold up no end. */
    @Scheduled(every = "1s", concurrentExecution = ConcurrentExecution.SKIP)
    void readHeartbeats() {
        heartbeats.look(reaper::leads);
    }

    /** Apart from the others, which may be slow. */
    @Scheduled(every = "1s", concurrentExecution = ConcurrentExecution.SKIP)
    void archive() {
        if (archive != null) {
            archive.tick();
        }
    }

    /** Apart from the other, so that storage that does not answer costs no leadership. */
    @Scheduled(every = "3s", concurrentExecution = ConcurrentExecution.SKIP)
    void probe() {
        if (archive != null) {
            archive.probe();
        }
    }

    /** Apart from the reaper, so that storage that does not answer holds up no end. */
    @Scheduled(every = "3s", concurrentExecution = ConcurrentExecution.SKIP)
    void askArchive() {
        if (archivedReaping != null) {
            archivedReaping.ask();
        }
    }

    @Produces
    @Singleton
    Heartbeats heartbeats() {
        return heartbeats;
    }

    @Produces
    @Singleton
    ArchivePart archivePart() {
        return new ArchivePart(Optional.ofNullable(archive), archivist);
    }

    @Produces
    @Singleton
    Optional<Archive> archived() {
        return Optional.ofNullable(archive);
    }

    @Produces
    @Singleton
    Sessions sessions() {
        return archive == null ? sessions : new ArchivedSessions(sessions, archive);
    }

    @Produces
    @Singleton
    Reaper reaper() {
        return reaper;
    }

    @Produces
    @Singleton
    ReapTally tally() {
        return tally;
    }

    @Produces
    @Singleton
    LeaderLease leadership() {
        return leadership;
    }

    @Produces
    @Singleton
    OwnerLeases leases() {
        return leases;
    }

    @Produces
    @Singleton
    Sweeps sweeps() {
        return sweeps;
    }

    /** Not as {@link Sessions}: that is another bean. */
    @Produces
    @Singleton
    @Typed(ClusterSessions.class)
    ClusterSessions cluster() {
        return sessions;
    }

    @Produces
    @Singleton
    Processes processes() {
        return sessions.processes();
    }

    @Produces
    @Singleton
    Images images(Vertx vertx) {
        return new RegistryImages(vertx, imageSettings);
    }

    @Produces
    @Singleton
    Callers callers() {
        return callers;
    }

    @Produces
    @Singleton
    SessionRenderer renderer() {
        return SessionView::of;
    }

    @Produces
    @Singleton
    ProxyUrl proxyUrl() {
        return () -> proxyUrl;
    }

    @Produces
    @Singleton
    PublicKeys publicKeys() {
        return sessions::publicKeys;
    }
}
