package io.clawpod.spawner.cluster;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.Problem;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.cluster.PodEvents.Decision;
import io.clawpod.spawner.cluster.PodWrites.Creation;
import io.clawpod.spawner.plan.ClusterFacts;
import io.clawpod.spawner.plan.JobPlan;
import io.clawpod.spawner.plan.MountReview;
import io.clawpod.spawner.plan.MountReviews;
import io.clawpod.spawner.plan.Plan;
import io.clawpod.spawner.plan.Planner;
import io.clawpod.spawner.plan.Settings;
import io.clawpod.spawner.plan.StartGate;
import io.clawpod.spawner.plan.TokenSecret;
import io.clawpod.spawner.session.Admission;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.session.SessionState;
import io.clawpod.spawner.session.Sessions.Preview;
import io.clawpod.spawner.session.Sessions.Terms;
import io.clawpod.spawner.session.SpecHash;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/** Makes sessions, or adopts those that are there. Blocks; thread-safe. */
final class SessionAdmissions {
    private static final Logger LOG = Logger.getLogger(SessionAdmissions.class);
    private static final String CLAIMS = "read the claims of the session's mounts";

    private final Planner planner = new Planner();
    private final Settings settings;
    private final MountReviews mounts;
    private final VolumeClaims claims;
    private final ProxyService proxy;
    private final PodWrites writes;
    private final JobWrites jobs;
    private final JobRoster roster;
    private final SessionStarts starts;
    private final SessionStore store;
    private final PodEvents events;
    private final Supplier<String> nonces;
    private final Supplier<List<String>> missing;

    /**
     * @param nonces gives a new part for each Secret's name
     * @param missing says what keeps sessions from being told or made
     */
    SessionAdmissions(
            Settings settings,
            MountReviews mounts,
            VolumeClaims claims,
            ProxyService proxy,
            PodWrites writes,
            JobWrites jobs,
            JobRoster roster,
            SessionStarts starts,
            SessionStore store,
            PodEvents events,
            Supplier<String> nonces,
            Supplier<List<String>> missing) {
        this.settings = settings;
        this.mounts = mounts;
        this.claims = claims;
        this.proxy = proxy;
        this.writes = writes;
        this.jobs = jobs;
        this.roster = roster;
        this.starts = starts;
        this.store = store;
        this.events = events;
        this.nonces = nonces;
        this.missing = missing;
    }

    Admission admit(SessionKey key, SessionSpec spec, Terms terms) {
        List<String> faults = missing.get();
        if (!faults.isEmpty()) {
            return new Admission.Refused(ClusterErrors.notReady(faults));
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
        return planner.plan(key, spec, review, TokenSecret.name(key.podName(), nonces.get()), facts, settings);
    }

    private static Pod on(Terms terms, Pod planned) {
        Pod pod = terms.held() ? StartGate.hold(planned) : planned;
        return terms.autoRemove() ? StartGate.autoRemove(pod) : pod;
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
            pod = writes.read(settings.namespace(), name);
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
                    "pod " + settings.namespace() + "/" + name + " was not made by the spawner",
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

    Preview preview(SessionKey key, SessionSpec spec) {
        List<String> faults = missing.get();
        if (!faults.isEmpty()) {
            return new Preview.Refused(ClusterErrors.notReady(faults));
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
}
