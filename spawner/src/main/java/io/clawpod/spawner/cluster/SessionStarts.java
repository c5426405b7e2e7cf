package io.clawpod.spawner.cluster;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.cluster.PodWrites.Creation;
import io.clawpod.spawner.plan.MountReviews;
import io.clawpod.spawner.plan.PodFiles;
import io.clawpod.spawner.plan.PodRenewal;
import io.clawpod.spawner.plan.TokenSecret;
import io.clawpod.spawner.session.FileContent;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionState;
import io.clawpod.spawner.session.Sessions.Start;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Lets held pods go, and puts new ones in the place of those that were. All methods block; thread-safe. */
final class SessionStarts {
    private static final Logger LOG = Logger.getLogger(SessionStarts.class);
    private static final Duration POLL = Duration.ofMillis(100);
    /** What the kubelet may take beyond the grace until a killed pod is gone. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final PodWrites writes;
    private final JobWrites jobs;
    private final SessionStore store;
    private final String namespace;
    private final Supplier<String> nonces;
    private final MountReviews mounts;
    private final Clock clock;

    /** @param nonces gives a new part for each Secret's name */
    SessionStarts(
            PodWrites writes,
            JobWrites jobs,
            SessionStore store,
            String namespace,
            Supplier<String> nonces,
            MountReviews mounts,
            Clock clock) {
        this.mounts = mounts;
        this.clock = clock;
        this.writes = writes;
        this.jobs = jobs;
        this.store = store;
        this.namespace = namespace;
        this.nonces = nonces;
    }

    Start start(SessionKey key) {
        Session known = store.find(key);
        if (known != null && known.job() != null) {
            return known.hasEnded() || known.state() == SessionState.STOPPING
                    ? ofJob(key)
                    : new Start.Started(known, true);
        }
        try {
            Optional<Session> found = read(key).flatMap(Classifier::classify);
            if (found.isEmpty()) {
                return new Start.Absent();
            }
            Session session = found.get();
            if (session.state() == SessionState.STOPPING) {
                return new Start.Refused(stopping(key));
            }
            if (session.hasEnded()) {
                return restart(key, null);
            }
            if (!session.isHeld()) {
                return new Start.Started(session, true);
            }
            return writes.letStart(
                            namespace, session.pod().name(), session.pod().uid(), clock.instant())
                    .flatMap(Classifier::classify)
                    .<Start>map(started -> {
                        LOG.infof(
                                "session started session=%s pod=%s",
                                key, started.pod().name());
                        return new Start.Started(started, false);
                    })
                    .orElseGet(Start.Absent::new);
        } catch (KubernetesClientException e) {
            return new Start.Refused(ClusterErrors.problem(e, "start session " + key));
        }
    }

    static Problem stopping(SessionKey key) {
        return Problem.of(
                ErrorCode.SESSION_STOPPING,
                "session " + key + " is being stopped",
                "try again when it is gone, or use another key");
    }

    private static Start ofJob(SessionKey key) {
        return new Start.Refused(Problem.of(
                ErrorCode.METHOD_NOT_ALLOWED,
                "session " + key + " is a Job, which nobody starts a second time",
                "stop it, and make it anew"));
    }

    Start restart(SessionKey key, @Nullable Duration grace) {
        Session known = store.find(key);
        if (known != null && known.job() != null) {
            return ofJob(key);
        }
        try {
            Optional<Pod> former = read(key);
            Optional<Session> session = former.flatMap(Classifier::classify);
            if (former.isEmpty() || session.isEmpty()) {
                return new Start.Absent();
            }
            Optional<SortedMap<String, FileContent>> files = PodFiles.again(former.get(), mounts::read);
            if (files.isEmpty()) {
                return new Start.Refused(Problem.of(
                        ErrorCode.FILES_NOT_KEPT,
                        "session " + key + " has a small file that its caller sent, or that cannot be read again",
                        "stop it, and make it again with its files"));
            }
            Pod renewed = PodRenewal.of(
                    former.get(), TokenSecret.name(session.get().pod().name(), nonces.get()));
            if (!makeRoom(session.get(), grace)) {
                return new Start.Refused(stopping(key));
            }
            Creation creation = writes.create(renewed, files.get());
            if (creation instanceof Creation.Created created) {
                Session started = Classifier.classify(created.pod()).orElseThrow();
                store.putWritten(started);
                LOG.infof(
                        "session restarted session=%s pod=%s",
                        key, started.pod().name());
                return new Start.Started(started, false);
            }
            return creation instanceof Creation.Failed failed
                    ? new Start.Refused(failed.problem())
                    : new Start.Refused(Problem.of(
                            ErrorCode.SESSION_CONFLICT,
                            "session " + key + " was made anew by another caller",
                            "look at it, and try again if it is not what you want"));
        } catch (KubernetesClientException e) {
            return new Start.Refused(ClusterErrors.problem(e, "start session " + key));
        }
    }

    private Optional<Pod> read(SessionKey key) {
        return Optional.ofNullable(writes.read(namespace, key.podName()))
                .filter(pod -> Classifier.classify(pod)
                        .filter(session -> session.key().equals(key))
                        .isPresent());
    }

    /**
     * Takes a session's pod away, or its Job.
     *
     * @param grace of one that runs; absent means the pod's own
     * @return whether it is gone
     * @throws KubernetesClientException if the API server refuses or does not answer
     */
    boolean makeRoom(Session session, @Nullable Duration grace) {
        Session.PodRef pod = session.pod();
        Session.Job job = session.job();
        if (job != null) {
            jobs.end(session, job, grace);
        } else if (session.hasEnded()) {
            writes.discard(namespace, pod.name(), pod.uid());
        } else {
            writes.delete(namespace, pod.name(), pod.uid(), grace);
        }
        long grants = grace == null ? 0 : grace.toMillis();
        for (long waited = 0; waited <= grants + PATIENCE.toMillis(); waited += POLL.toMillis()) {
            if (job == null ? isGone(pod) : jobs.isGone(job)) {
                return true;
            }
            try {
                Thread.sleep(POLL.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return false;
    }

    private boolean isGone(Session.PodRef pod) {
        Pod left = writes.read(namespace, pod.name());
        return left == null || !pod.uid().equals(left.getMetadata().getUid());
    }
}
