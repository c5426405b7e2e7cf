package io.clawpod.spawner.cluster;

import io.clawpod.common.Labels;
import io.clawpod.common.client.Standing;
import io.clawpod.spawner.plan.TokenSecret;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionState;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The one watch on the agents' pods, and that on their Jobs; keeps the store. It is fresh while the watch stands, or lately
 * stood, and the API server has answered lately: a frozen API server keeps connections open and sends nothing, which the watch
 * alone does not show. Thread-safe.
 */
final class PodWatch implements ResourceEventHandler<Pod>, AutoCloseable {
    private static final Logger LOG = Logger.getLogger(PodWatch.class);

    private final SessionStore store;
    private final JobRoster roster;
    private final JobWatch jobs;
    private final Consumer<Pod> unfinished;
    private final Clock clock;
    private final String namespace;
    private final ConcurrentMap<String, Pod> halfMade = new ConcurrentHashMap<>();
    private final PodMarks marks;

    private final SharedIndexInformer<Pod> informer;
    private final Standing standing;
    private volatile Instant lastAnswer = Instant.EPOCH;
    private volatile @Nullable String fault;

    /** @param unfinished is told of each pod that a Job has made and that waits for its token; must not block */
    PodWatch(
            KubernetesClient client,
            SessionStore store,
            JobRoster roster,
            Consumer<Pod> unfinished,
            Clock clock,
            String namespace) {
        this.store = store;
        this.roster = roster;
        this.jobs = new JobWatch(client, roster, clock, namespace);
        this.unfinished = unfinished;
        this.clock = clock;
        this.namespace = namespace;
        this.marks = new PodMarks(clock);
        this.informer = client.pods()
                .inNamespace(namespace)
                .withLabel(Labels.MANAGED_BY, Labels.MANAGED_BY_SPAWNER)
                .runnableInformer(0)
                // Else the first list may be an old one from a cache, and the watch is opened before it is seen.
                .initialState(Stream.empty())
                .itemStore(new Footprint<>(
                        metadata -> new PodBuilder().withMetadata(metadata).build()))
                .removeNamespaceIndex()
                .addEventHandler(this)
                .exceptionHandler((started, failure) -> retry(failure));
        this.standing = new Standing(informer::hasSynced, informer::isWatching, clock);
    }

    void start() {
        jobs.start();
        informer.start().whenComplete((nothing, failure) -> {
            if (failure == null) {
                LOG.infof("watch started namespace=%s", namespace);
            }
        });
    }

    /** Whatever went wrong may come right: rights may be granted, the API server may come back. */
    private boolean retry(Throwable failure) {
        fault = ClusterErrors.problem(failure, "watch pods in " + namespace).detail();
        LOG.warnf("watch broken namespace=%s fault=%s", namespace, fault);
        return true;
    }

    /** Takes that the API server has just answered. */
    void answered() {
        lastAnswer = clock.instant();
    }

    /** Why the sessions cannot be told, or empty while they can. */
    Optional<String> fault() {
        // Both are asked each time: each has to know when its watch last stood.
        Optional<String> withoutJobs = jobs.fault();
        if (!standing.isBelieved()) {
            String known = fault;
            return Optional.of(known == null ? "the watch on pods in " + namespace + " does not stand" : known);
        }
        if (withoutJobs.isPresent()) {
            return withoutJobs;
        }
        if (lastAnswer.plus(Standing.FRESH_FOR).isBefore(clock.instant())) {
            return Optional.of(
                    "the Kubernetes API has not answered for more than " + Standing.FRESH_FOR.toSeconds() + " s");
        }
        return Optional.empty();
    }

    @Override
    public void onAdd(Pod pod) {
        seen(pod);
    }

    @Override
    public void onUpdate(Pod before, Pod pod) {
        seen(pod);
    }

    private void seen(Pod pod) {
        answered();
        Optional<Session> session = Classifier.classify(pod);
        if (session.isEmpty()) {
            return;
        }
        boolean ofJob = session.get().job() != null;
        marks.take(pod, session.get());
        if (ofJob) {
            // Its Job says how long it is kept, and the cluster sees to it.
            roster.pod(session.get());
        } else {
            store.put(session.get());
        }
        if (TokenSecret.isAwaitedBy(pod) && session.get().state() == SessionState.PENDING) {
            if (halfMade.put(pod.getMetadata().getUid(), pod) == null && ofJob) {
                unfinished.accept(pod);
            }
        } else {
            halfMade.remove(pod.getMetadata().getUid());
        }
    }

    /** What the reaper has to know of pods beyond their sessions. */
    PodMarks marks() {
        return marks;
    }

    /** Pods that have waited for their Secret since {@code time} or before: whoever made them did not get further. */
    List<Pod> halfMadeSince(Instant time) {
        return halfMade.values().stream()
                .filter(pod ->
                        !Instant.parse(pod.getMetadata().getCreationTimestamp()).isAfter(time))
                .toList();
    }

    @Override
    public void onDelete(Pod pod, boolean finalStateUnknown) {
        Session last = finalStateUnknown ? null : Classifier.classify(pod).orElse(null);
        halfMade.remove(pod.getMetadata().getUid());
        marks.forget(pod.getMetadata().getUid());
        if (!roster.podGone(pod.getMetadata().getUid(), last)) {
            store.remove(pod.getMetadata().getUid(), last);
        }
    }

    @Override
    public void close() {
        informer.stop();
        jobs.close();
    }
}
