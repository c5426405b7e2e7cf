package io.clawpod.spawner.cluster;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.spawner.cluster.PodEvents.Decision;
import io.clawpod.spawner.session.ReapReason;
import io.clawpod.spawner.session.ReapTargets;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.Session;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
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
        return store.all().stream()
                .map(session -> new Seen(session, watch.keptUntil(session.pod().uid())))
                .toList();
    }

    @Override
    public boolean end(Session session, ReapReason why, String note) {
        Session.PodRef pod = session.pod();
        try {
            boolean ended = session.job() != null
                    ? endJob(session, session.job(), why, note)
                    : why == ReapReason.NEVER_STARTED
                            ? endHeld(pod, note)
                            : noted(pod, why, note) && writes.delete(pod.namespace(), pod.name(), pod.uid(), null);
            if (ended) {
                LOG.infof("session reaped session=%s pod=%s reason=%s", session.key(), pod.name(), why.code());
                events.tell(session, decision(why), note);
            }
            return ended;
        } catch (KubernetesClientException e) {
            throw new Refusal(ClusterErrors.problem(e, "end session " + session.key()));
        }
    }

    private boolean endJob(Session session, Session.Job job, ReapReason why, String note) {
        Reason reason = why.reason();
        return (reason == null || jobs.noteEnd(job, reason, note)) && jobs.end(session, job, null);
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
        };
    }
}
