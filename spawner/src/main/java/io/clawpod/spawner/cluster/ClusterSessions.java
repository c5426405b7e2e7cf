package io.clawpod.spawner.cluster;

import io.clawpod.common.SecretText;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.plan.JobPlan;
import io.clawpod.spawner.plan.MountReviews;
import io.clawpod.spawner.session.Admission;
import io.clawpod.spawner.session.ArchiveTargets;
import io.clawpod.spawner.session.HeartbeatNotes;
import io.clawpod.spawner.session.Processes;
import io.clawpod.spawner.session.ReapTargets;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionDetail;
import io.clawpod.spawner.session.SessionEvent;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.session.Sessions;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The sessions as pods of the cluster. Thread-safe. */
public final class ClusterSessions implements Sessions, AutoCloseable {
    /** A pod that is being made has its Secret long before this. */
    private static final Duration COMPLETE_AFTER = Duration.ofSeconds(5);

    private final Nonces nonces = new Nonces();
    private final ClusterSettings settings;
    private final Clock clock;
    private final SessionStore store;
    private final TokenIssuer tokens;
    private final ProxyService proxy;
    private final JobRoster roster;
    private final PodWrites writes;
    private final JobWrites jobs;
    private final JobTokens jobTokens;
    private final SessionStarts starts;
    private final SessionAdmissions admissions;
    private final SessionEnds ends;
    private final PodWatch watch;
    private final PodEvents events;
    private final VolumeClaims claims;
    private final MountReviews mounts;
    private final HalfMade halfMade;
    private final SessionLogs logs;
    private final ClusterProcesses processes;

    /** Sees nothing of the host. */
    public ClusterSessions(KubernetesClient client, ClusterSettings settings, Clock clock, String epoch) {
        this(client, settings, MountReviews.asAsked(settings.plan().volumes()), clock, epoch);
    }

    /** @param epoch tells this process's event ids from those of others */
    public ClusterSessions(
            KubernetesClient client, ClusterSettings settings, MountReviews mounts, Clock clock, String epoch) {
        this.settings = settings;
        this.mounts = mounts;
        this.clock = clock;
        this.store = new SessionStore(epoch);
        this.tokens = new TokenIssuer(
                client,
                clock,
                settings.keyNamespace(),
                settings.keySecret(),
                settings.issuer(),
                settings.tokenLifetime(),
                settings.rotateAfter());
        this.proxy =
                new ProxyService(client, settings.proxyNamespace(), settings.proxyService(), settings.proxyAddress());
        this.writes = new PodWrites(client, tokens);
        this.roster = new JobRoster(store);
        this.jobs = new JobWrites(client, writes, settings.plan().namespace());
        this.jobTokens = new JobTokens(jobs);
        this.starts = new SessionStarts(writes, jobs, store, settings.plan().namespace(), nonces::next, mounts, clock);
        this.watch = new PodWatch(
                client,
                store,
                roster,
                jobTokens::complete,
                clock,
                settings.plan().namespace());
        this.events = new PodEvents(client, clock, epoch);
        this.claims = new VolumeClaims(client, clock, settings.plan().namespace(), mounts::claims);
        this.halfMade = new HalfMade(writes, events, mounts);
        this.admissions = new SessionAdmissions(
                settings.plan(),
                mounts,
                claims,
                proxy,
                writes,
                jobs,
                roster,
                starts,
                store,
                events,
                nonces::next,
                this::faults);
        this.ends = new SessionEnds(settings.plan().namespace(), writes, jobs, roster, store, events, clock);
        this.logs = new SessionLogs(client, store, clock);
        this.processes = new ClusterProcesses(
                client, store, () -> watch.fault().map(fault -> ClusterErrors.notReady(List.of(fault))));
    }

    /** The sessions as the reaper sees and ends them. */
    public ReapTargets reapTargets() {
        return new PodReaping(watch, writes, jobs, events, store);
    }

    /** Where heartbeats are noted. */
    public HeartbeatNotes heartbeatNotes() {
        return new PodHeartbeats(writes);
    }

    /** The sessions and their logs as the archive sees them. */
    public ArchiveTargets archiveTargets() {
        return new PodArchiving(watch, writes, store, logs);
    }

    /** The ways into the sessions' containers. */
    public Processes processes() {
        return processes;
    }

    /** Starts the watch; does not wait for it. */
    public void start() {
        watch.start();
    }

    /** Reads again what changes without a watch. To be called every few seconds; blocks. */
    public void refresh() {
        if (proxy.refresh()) {
            watch.answered();
        }
        tokens.refresh();
        mounts.refresh();
        claims.refresh();
        if (faults().isEmpty()) {
            watch.halfMadeSince(clock.instant().minus(COMPLETE_AFTER)).forEach(this::complete);
        }
    }

    /** Whoever made this pod, or had its Job make it, was stopped before its Secret was there. */
    private void complete(Pod pod) {
        if (JobPlan.owner(pod).isPresent()) {
            jobs.complete(pod);
        } else {
            halfMade.complete(pod);
        }
    }

    /** What keeps sessions from being told or made, by the part that is missing; empty when all is well. */
    public List<String> faults() {
        List<String> faults = new ArrayList<>();
        watch.fault().ifPresent(faults::add);
        proxy.fault().ifPresent(faults::add);
        tokens.fault().ifPresent(faults::add);
        return faults;
    }

    /** What keeps some sessions from starting, and no others; empty when all is well. */
    public List<String> warnings() {
        List<String> warnings = new ArrayList<>(mounts.faults());
        warnings.addAll(claims.faults());
        return warnings;
    }

    /** Whether the files that say where the host's folders lie are right, as last read. */
    public boolean areVolumesRight() {
        return mounts.faults().isEmpty();
    }

    /** The public keys of session tokens, as members of a JSON Web Key Set; empty without a key. */
    public Optional<Map<String, Object>> publicKeys() {
        return tokens.publicKeys();
    }

    /** A token by which credential proxies know the spawner; empty without a key. */
    public Optional<SecretText> callsToken() {
        return tokens.callsToken();
    }

    /** The uids of the sessions' pods, as last seen. */
    public Set<String> podUids() {
        return store.all().stream().map(session -> session.pod().uid()).collect(Collectors.toUnmodifiableSet());
    }

    /** How many sessions there are, by state code. */
    public Map<String, Integer> countByState() {
        return store.countByState();
    }

    @Override
    public Admission admit(SessionKey key, SessionSpec spec, Terms terms) {
        return admissions.admit(key, spec, terms);
    }

    @Override
    public Preview preview(SessionKey key, SessionSpec spec) {
        return admissions.preview(key, spec);
    }

    @Override
    public Start start(SessionKey key) {
        return starts.start(key);
    }

    @Override
    public Start restart(SessionKey key, @Nullable Duration grace) {
        return starts.restart(key, grace);
    }

    @Override
    public Multi<Session> follow(SessionKey key) {
        requireFresh();
        return store.follow(key);
    }

    @Override
    public @Nullable SessionDetail detail(SessionKey key) {
        try {
            Session known = store.find(key);
            boolean ofJob = known != null && known.job() != null;
            Pod pod = writes.read(
                    settings.plan().namespace(),
                    known != null && ofJob ? known.pod().name() : key.podName());
            return Optional.ofNullable(pod)
                    .flatMap(Classifier::classify)
                    .filter(session -> session.key().equals(key))
                    .map(session -> PodDescription.detail(
                            known != null && ofJob ? known : session, Objects.requireNonNull(pod)))
                    .orElse(null);
        } catch (KubernetesClientException e) {
            throw new Refusal(ClusterErrors.problem(e, "read session " + key));
        }
    }

    private void requireFresh() {
        watch.fault().ifPresent(fault -> {
            throw new Refusal(ClusterErrors.notReady(List.of(fault)));
        });
    }

    @Override
    public @Nullable Session find(SessionKey key) {
        requireFresh();
        return store.find(key);
    }

    @Override
    public List<Session> list(Predicate<Session> filter) {
        requireFresh();
        return store.all().stream().filter(filter).toList();
    }

    @Override
    public Stop stop(SessionKey key, @Nullable Duration grace) {
        return ends.stop(key, grace);
    }

    @Override
    public Revocation revoke(SessionKey key) {
        return ends.revoke(key);
    }

    @Override
    public Uni<Logs> logs(SessionKey key, LogQuery query) {
        requireFresh();
        return logs.open(key, query);
    }

    @Override
    public Multi<SessionEvent> watch(@Nullable String lastSeen) {
        requireFresh();
        return store.watch(lastSeen);
    }

    @Override
    public void close() {
        jobTokens.close();
        events.close();
        watch.close();
    }
}
