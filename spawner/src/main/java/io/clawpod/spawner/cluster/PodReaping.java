package io.clawpod.spawner.cluster;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.spawner.cluster.PodEvents.Decision;
import io.clawpod.spawner.plan.TokenSecret;
import io.clawpod.spawner.session.ReapReason;
import io.clawpod.spawner.session.ReapTargets;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.Session;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Sessions' pods as the reaper sees and ends them. */
final class PodReaping implements ReapTargets {
    private static final Logger LOG = Logger.getLogger(PodReaping.class);

    private final PodWatch watch;
    private final PodWrites writes;
    private final JobWrites jobs;
    private final PodEvents events;
    private final SessionStore store;

    PodReaping(PodWatch watch, PodWrites writes, JobWrites jobs, PodEvents events, SessionStore store) {
        this.watch = watch;
        this.writes = writes;
        this.jobs = jobs;
        this.events = events;
        this.store = store;
    }

    @Override
    public List<Seen> seen() {
        watch.fault().ifPresent(fault -> {
            throw new Refusal(Problem.of(ErrorCode.NOT_READY, fault, "try again when it is right"));
        });
        return store.all().stream().map(watch.marks()::of).toList();
    }

    @Override
    public boolean end(Session session, ReapReason why, String note) {
        Session.PodRef pod = session.pod();
        try {
            boolean ended =
                    session.job() != null ? endJob(session, session.job(), why, note) : endPod(session, why, note);
            if (ended) {
                LOG.infof("session reaped session=%s pod=%s reason=%s", session.key(), pod.name(), why.code());
                events.tell(session, decision(why), note);
            }
            return ended;
        } catch (KubernetesClientException e) {
            throw new Refusal(ClusterErrors.problem(e, "end session " + session.key()));
        }
    }

    private boolean endPod(Session session, ReapReason why, String note) {
        Session.PodRef pod = session.pod();
        return switch (why) {
            case NEVER_STARTED -> endHeld(pod, note);
            case SCHEDULE_TIMEOUT, PULL_TIMEOUT, START_TIMEOUT, IMAGE_FAULT -> endWaiting(session, why, note);
            case NODE_GONE -> discard(pod);
            case RETENTION, OWNER_LAPSED, ORPHANED, HEARTBEAT_STALE, IDLE ->
                noted(pod, why, note) && writes.delete(pod.namespace(), pod.name(), pod.uid(), null);
        };
    }

    private boolean endJob(Session session, Session.Job job, ReapReason why, String note) {
        Reason reason = why == ReapReason.IMAGE_FAULT ? session.reason() : why.reason();
        return switch (why) {
            // Its Job stays to be looked at, as such a pod does.
            case SCHEDULE_TIMEOUT, PULL_TIMEOUT, START_TIMEOUT, IMAGE_FAULT ->
                reason != null && stillWaits(session, job) && jobs.giveUp(job, reason, note);
            case NODE_GONE -> discard(session.pod());
            case RETENTION, NEVER_STARTED, OWNER_LAPSED, ORPHANED, HEARTBEAT_STALE, IDLE ->
                (reason == null || jobs.noteEnd(job, reason, note).isPresent()) && jobs.end(session, job, null);
        };
    }

    /** A Job is given up whatever its pod has come to, so that is looked at first. */
    private boolean stillWaits(Session session, Session.Job job) {
        boolean unmade = session.pod().uid().equals(job.uid());
        return unmade
                ? writes.ofJob(session.pod().namespace(), job.uid()).isEmpty()
                : asSeen(session).isPresent();
    }

    /** The session's pod, if it is still as it was looked at. */
    private Optional<Pod> asSeen(Session session) {
        Session.PodRef ref = session.pod();
        return Optional.ofNullable(writes.read(ref.namespace(), ref.name()))
                .filter(pod -> ref.uid().equals(pod.getMetadata().getUid()))
                .filter(pod -> Classifier.classify(pod)
                        .filter(now -> now.state() == session.state() && now.reason() == session.reason())
                        .isPresent());
    }

    /** Nobody is left who would carry out a deletion with a grace. */
    private boolean discard(Session.PodRef pod) {
        return writes.discard(pod.namespace(), pod.name(), pod.uid());
    }

    /** A start that comes at the same time changes the pod, and then it is not the one that was looked at. */
    private boolean endHeld(Session.PodRef ref, String note) {
        Pod pod = writes.read(ref.namespace(), ref.name());
        return pod != null
                && ref.uid().equals(pod.getMetadata().getUid())
                && Classifier.classify(pod).filter(Session::isHeld).isPresent()
                && writes.noteEndUnchanged(pod, Reason.NEVER_STARTED, note)
                        .filter(writes::deleteUnchanged)
                        .isPresent();
    }

    /** What it waited for may have come at the same time; then the pod is not the one that was looked at. */
    private boolean endWaiting(Session session, ReapReason why, String note) {
        Pod pod = asSeen(session).orElse(null);
        Reason reason = why == ReapReason.IMAGE_FAULT ? session.reason() : why.reason();
        if (pod == null || reason == null || TokenSecret.isAwaitedBy(pod)) {
            return false;
        }
        return pod.getSpec().getNodeName() == null
                ? writes.noteEndUnchanged(pod, reason, note)
                        .filter(writes::deleteUnchanged)
                        .isPresent()
                : writes.failUnchanged(pod, reason, note);
    }

    /** Whoever watches reads from the pod why it goes. */
    private boolean noted(Session.PodRef pod, ReapReason why, String note) {
        Reason reason = why.reason();
        return reason == null || writes.noteEnd(pod, reason, note).isPresent();
    }

    private static Decision decision(ReapReason why) {
        return switch (why) {
            case RETENTION -> Decision.EXPIRED;
            case NEVER_STARTED -> Decision.NEVER_STARTED;
            case OWNER_LAPSED -> Decision.OWNER_LAPSED;
            case ORPHANED -> Decision.ORPHANED;
            case HEARTBEAT_STALE -> Decision.HEARTBEAT_STALE;
            case IDLE -> Decision.IDLE;
            case SCHEDULE_TIMEOUT, PULL_TIMEOUT, START_TIMEOUT, IMAGE_FAULT -> Decision.TIMED_OUT;
            case NODE_GONE -> Decision.NODE_GONE;
        };
    }
}
