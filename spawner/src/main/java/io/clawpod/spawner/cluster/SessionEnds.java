package io.clawpod.spawner.cluster;

import io.clawpod.common.SessionKey;
import io.clawpod.spawner.cluster.PodEvents.Decision;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.Sessions.Revocation;
import io.clawpod.spawner.session.Sessions.Stop;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Ends sessions for their callers, or their tokens alone. Blocks; thread-safe. */
final class SessionEnds {
    private static final Logger LOG = Logger.getLogger(SessionEnds.class);

    private final String namespace;
    private final PodWrites writes;
    private final JobWrites jobs;
    private final JobRoster roster;
    private final SessionStore store;
    private final PodEvents events;
    private final Clock clock;

    SessionEnds(
            String namespace,
            PodWrites writes,
            JobWrites jobs,
            JobRoster roster,
            SessionStore store,
            PodEvents events,
            Clock clock) {
        this.namespace = namespace;
        this.writes = writes;
        this.jobs = jobs;
        this.roster = roster;
        this.store = store;
        this.events = events;
        this.clock = clock;
    }

    Stop stop(SessionKey key, @Nullable Duration grace) {
        try {
            Session known = store.find(key);
            Optional<Session> stopped = Optional.ofNullable(known)
                    .filter(session -> end(session, grace))
                    // One that another replica made a moment ago is stopped too, also in the place of one that was
                    // known.
                    .or(() -> Optional.ofNullable(writes.read(namespace, key.podName()))
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
        if (job == null) {
            return writes.delete(pod.namespace(), pod.name(), pod.uid(), grace);
        }
        if (!session.hasEnded()) {
            // The pod goes before the Job, and must not look as if it were taken away and another came.
            jobs.noteEnd(job, Reason.STOPPED, "A caller asked for its end.").ifPresent(roster::noted);
        }
        return jobs.end(session, job, grace);
    }

    Revocation revoke(SessionKey key) {
        try {
            // Read anew: what the watch has may be older than a revocation by another replica.
            Pod pod = writes.read(namespace, key.podName());
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
}
