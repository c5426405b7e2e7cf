package io.clawpod.spawner.cluster;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.Problem;
import io.clawpod.common.SecretText;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.cluster.PodEvents.Decision;
import io.clawpod.spawner.cluster.PodWrites.Creation;
import io.clawpod.spawner.plan.ClusterFacts;
import io.clawpod.spawner.plan.JobPlan;
import io.clawpod.spawner.plan.MountReview;
import io.clawpod.spawner.plan.MountReviews;
import io.clawpod.spawner.plan.Plan;
import io.clawpod.spawner.plan.Planner;
import io.clawpod.spawner.plan.StartGate;
import io.clawpod.spawner.plan.TokenSecret;
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
import io.clawpod.spawner.session.SessionState;
import io.clawpod.spawner.session.Sessions;
import io.clawpod.spawner.session.SpecHash;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
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
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The sessions as pods of the cluster. Thread-safe. */
public final class ClusterSessions implements Sessions, AutoCloseable {
    private static final Logger LOG = Logger.getLogger(ClusterSessions.class);
    /** A pod that is being made has its Secret long before this. */
    private static final Duration COMPLETE_AFTER = Duration.ofSeconds(5);

    private static final String CLAIMS = "read the claims of the session's mounts";

    private final Nonces nonces = new Nonces();
    private final Planner planner = new Planner();
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
        this.logs = new SessionLogs(client, store, clock);
        this.processes =
                new ClusterProcesses(client, store, () -> watch.fault().map(fault -> notReady(List.of(fault))));
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
        List<String> faults = faults();
        if (!faults.isEmpty()) {
            return new Admission.Refused(notReady(faults));
        }
        Session known = store.find(key);
        if (known != null && !(known.hasEnded() && known.container().autoRemove())) {
            return told(known, adopt(known, planner.hash(spec)));
        }
        Plan plan;
        try {
            plan = plan(key, spec);
        } catch (KubernetesClientException e) {
            return new Admission.Refused(ClusterErrors.problem(e, CLAIMS));
        }
        if (plan instanceof Plan.Refused refused) {
            return new Admission.Refused(Problem.of(ErrorCode.INVALID_SPEC, refused.fault()));
        }
        Plan.Planned planned = (Plan.Planned) plan;
        if (known != null) {
            try {
                starts.makeRoom(known, null);
            } catch (KubernetesClientException e) {
                return new Admission.Refused(ClusterErrors.problem(e, "remove what session " + key + " has left"));
            }
        }
        if (planned.job() != null) {
            return admitJob(key, planned.job(), terms, planned);
        }
        Creation creation = writes.create(on(terms, planned.pod()), planned.files());
        if (creation instanceof Creation.Failed failed) {
            return new Admission.Refused(failed.problem());
        }
        if (creation instanceof Creation.Created created) {
            Session session = Classifier.classify(created.pod()).orElseThrow();
            store.putWritten(session);
            LOG.infof("session created session=%s pod=%s", key, session.pod().name());
            events.tell(session, Decision.CREATED, "Made for session " + key + ", with a token of its own.");
            if (!planned.mountNotes().isEmpty()) {
                String notes = String.join("; ", planned.mountNotes());
                LOG.warnf("mounts changed session=%s pod=%s", key, session.pod().name());
                events.tell(session, Decision.MOUNTS_CHANGED, notes);
            }
            return new Admission.Created(session, planned.warnings());
        }
        return adoptUnseen(key, planned.specHash());
    }

    private Admission admitJob(SessionKey key, Job planned, Terms terms, Plan.Planned plan) {
        if (terms.held()) {
            return new Admission.Refused(Problem.of(
                    ErrorCode.INVALID_SPEC,
                    new InvalidValue("restart", "is job, which cannot be made held", "use never or on-failure")));
        }
        JobWrites.Made made = jobs.create(terms.autoRemove() ? JobPlan.autoRemove(planned) : planned);
        if (made instanceof JobWrites.Made.Failed failed) {
            return new Admission.Refused(ClusterErrors.problem(
                    failed.failure(), "create Job " + planned.getMetadata().getName()));
        }
        if (made instanceof JobWrites.Made.Created created) {
            Session session = roster.written(JobClassifier.facts(created.job()).orElseThrow());
            LOG.infof(
                    "session created session=%s job=%s",
                    key, planned.getMetadata().getName());
            events.tell(session, Decision.CREATED, "Made for session " + key + "; each pod gets a token of its own.");
            return new Admission.Created(session, plan.warnings());
        }
        return adoptUnseen(key, plan.specHash());
    }

    /** @throws KubernetesClientException if a claim of the spec's has to be read and cannot be */
    private Plan plan(SessionKey key, SessionSpec spec) {
        MountReview review = mounts.review(spec);
        // A plan is only made while the Service's address is known, which admit and preview have checked.
        ClusterFacts facts =
                Optional.ofNullable(proxy.facts()).orElseThrow().withClaims(claims.states(review.claims()));
        return planner.plan(key, spec, review, TokenSecret.name(key.podName(), nonces.next()), facts, settings.plan());
    }

    private static Pod on(Terms terms, Pod planned) {
        Pod pod = terms.held() ? StartGate.hold(planned) : planned;
        return terms.autoRemove() ? StartGate.autoRemove(pod) : pod;
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

    private static Admission adopt(Session known, SpecHash asked) {
        if (known.state() == SessionState.STOPPING) {
            return new Admission.Refused(SessionStarts.stopping(known.key()));
        }
        if (!known.specHash().equals(asked)) {
            return new Admission.Refused(Problem.of(
                    ErrorCode.SESSION_CONFLICT,
                    "session " + known.key() + " is there with another spec",
                    "stop it first, or use another key"));
        }
        return new Admission.Adopted(known);
    }

    /** The pod is there, but the watch has not brought it: another replica has just made it, or it is not ours. */
    private Admission adoptUnseen(SessionKey key, SpecHash asked) {
        String name = key.podName();
        Pod pod;
        try {
            pod = writes.read(settings.plan().namespace(), name);
        } catch (KubernetesClientException e) {
            return new Admission.Refused(ClusterErrors.problem(e, "read pod " + name));
        }
        if (pod == null) {
            try {
                Optional<Session> carried = jobs.read(key).map(roster::written);
                if (carried.isPresent()) {
                    return told(carried.get(), adopt(carried.get(), asked));
                }
            } catch (KubernetesClientException e) {
                return new Admission.Refused(ClusterErrors.problem(e, "read Job " + name));
            }
            return new Admission.Refused(
                    Problem.of(ErrorCode.SESSION_STOPPING, "session " + key + " has just gone", "try again now"));
        }
        Optional<Session> session = Classifier.classify(pod);
        if (session.isEmpty() || !session.get().key().equals(key)) {
            return new Admission.Refused(Problem.of(
                    ErrorCode.FOREIGN_POD,
                    "pod " + settings.plan().namespace() + "/" + name + " was not made by the spawner",
                    "remove or rename that pod, or use another key"));
        }
        store.putWritten(session.get());
        return told(session.get(), adopt(session.get(), asked));
    }

    /** Tells what became of another request for the same key. */
    private Admission told(Session session, Admission admission) {
        if (admission instanceof Admission.Adopted) {
            events.tell(session, Decision.ADOPTED, "Asked for again with the same spec, and not made twice.");
        } else if (admission instanceof Admission.Refused refused
                && refused.problem().code() == ErrorCode.SESSION_CONFLICT) {
            events.tell(session, Decision.CONFLICT, "Asked for with another spec while this one is there; refused.");
        }
        return admission;
    }

    @Override
    public Preview preview(SessionKey key, SessionSpec spec) {
        List<String> faults = faults();
        if (!faults.isEmpty()) {
            return new Preview.Refused(notReady(faults));
        }
        Session known = store.find(key);
        if (known != null && adopt(known, planner.hash(spec)) instanceof Admission.Refused refused) {
            return new Preview.Refused(refused.problem());
        }
        Plan plan;
        try {
            plan = plan(key, spec);
        } catch (KubernetesClientException e) {
            return new Preview.Refused(ClusterErrors.problem(e, CLAIMS));
        }
        return plan instanceof Plan.Refused refused
                ? new Preview.Refused(Problem.of(ErrorCode.INVALID_SPEC, refused.fault()))
                : new Preview.Admissible(((Plan.Planned) plan).warnings());
    }

    private static Problem notReady(List<String> faults) {
        return Problem.of(
                ErrorCode.NOT_READY,
                String.join("; ", faults),
                "make right what is named, then try again; /q/health/ready shows the same");
    }

    private void requireFresh() {
        watch.fault().ifPresent(fault -> {
            throw new Refusal(notReady(List.of(fault)));
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
        try {
            Session known = store.find(key);
            Optional<Session> stopped = Optional.ofNullable(known)
                    .filter(session -> end(session, grace))
                    // One that another replica made a moment ago is stopped too, also in the place of one that was
                    // known.
                    .or(() -> Optional.ofNullable(writes.read(settings.plan().namespace(), key.podName()))
                            .flatMap(Classifier::classify)
                            .filter(session -> session.key().equals(key) && end(session, grace)))
                    .or(() -> jobs.read(key).map(roster::written).filter(session -> end(session, grace)));
            if (stopped.isEmpty()) {
                return new Stop.Absent();
            }
            Session.PodRef pod = stopped.get().pod();
            LOG.infof("session stopping session=%s pod=%s", key, pod.name());
            events.tell(stopped.get(), Decision.STOPPING, "A caller asked for its end.");
            return new Stop.Stopping(stopped.get());
        } catch (KubernetesClientException e) {
            return new Stop.Refused(ClusterErrors.problem(e, "stop session " + key));
        }
    }

    private boolean end(Session session, @Nullable Duration grace) {
        Session.PodRef pod = session.pod();
        Session.Job job = session.job();
        return job == null
                ? writes.delete(pod.namespace(), pod.name(), pod.uid(), grace)
                : jobs.end(session, job, grace);
    }

    @Override
    public Revocation revoke(SessionKey key) {
        try {
            // Read anew: what the watch has may be older than a revocation by another replica.
            Pod pod = writes.read(settings.plan().namespace(), key.podName());
            Optional<Session> session = Optional.ofNullable(pod)
                    .flatMap(Classifier::classify)
                    .filter(found -> found.key().equals(key));
            if (session.isEmpty()) {
                return revokeJob(key);
            }
            if (session.get().revokedAt() != null) {
                return new Revocation.Revoked(session.get());
            }
            Session.PodRef ref = session.get().pod();
            Optional<Session> revoked = writes.revoke(ref.namespace(), ref.name(), ref.uid(), clock.instant())
                    .flatMap(Classifier::classify);
            if (revoked.isEmpty()) {
                return new Revocation.Absent();
            }
            store.putWritten(revoked.get());
            LOG.infof("session revoked session=%s pod=%s", key, ref.name());
            events.tell(revoked.get(), Decision.REVOKED, "A caller made its token worthless; the agent goes on.");
            return new Revocation.Revoked(revoked.get());
        } catch (KubernetesClientException e) {
            return new Revocation.Refused(ClusterErrors.problem(e, "revoke session " + key));
        }
    }

    private Revocation revokeJob(SessionKey key) {
        Optional<Session> revoked = jobs.read(key)
                .map(job -> job.unmade().job())
                .flatMap(job -> jobs.revoke(job, clock.instant()))
                .map(roster::written);
        if (revoked.isEmpty()) {
            return new Revocation.Absent();
        }
        LOG.infof("session revoked session=%s", key);
        events.tell(revoked.get(), Decision.REVOKED, "A caller made its token worthless; the agent goes on.");
        return new Revocation.Revoked(revoked.get());
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
