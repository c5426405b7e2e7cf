package io.clawpod.spawner.cluster;

import io.clawpod.common.Labels;
import io.clawpod.common.client.Standing;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Clock;
import java.util.Optional;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The watch on the agents' Jobs, without which nobody could tell a failed pod from a failed session. Thread-safe. */
final class JobWatch implements ResourceEventHandler<Job>, AutoCloseable {
    private static final Logger LOG = Logger.getLogger(JobWatch.class);

    private final JobRoster roster;
    private final String namespace;
    private final SharedIndexInformer<Job> informer;
    private final Standing standing;
    private volatile @Nullable String fault;

    JobWatch(KubernetesClient client, JobRoster roster, Clock clock, String namespace) {
        this.roster = roster;
        this.namespace = namespace;
        this.informer = client.batch()
                .v1()
                .jobs()
                .inNamespace(namespace)
                .withLabel(Labels.MANAGED_BY, Labels.MANAGED_BY_SPAWNER)
                .runnableInformer(0)
                // Else the first list may be an old one from a cache, and the watch is opened before it is seen.
                .initialState(Stream.empty())
                .itemStore(new Footprint<>(
                        metadata -> new JobBuilder().withMetadata(metadata).build()))
                .removeNamespaceIndex()
                .addEventHandler(this)
                .exceptionHandler((started, failure) -> retry(failure));
        this.standing = new Standing(informer::hasSynced, informer::isWatching, clock);
    }

    void start() {
        informer.start().whenComplete((nothing, failure) -> {
            if (failure == null) {
                LOG.infof("watch on Jobs started namespace=%s", namespace);
            }
        });
    }

    private boolean retry(Throwable failure) {
        fault = ClusterErrors.problem(failure, "watch Jobs in " + namespace).detail();
        LOG.warnf("watch on Jobs broken namespace=%s fault=%s", namespace, fault);
        return true;
    }

    /** Why what it last brought may not be so any more; empty while the watch is believed. */
    Optional<String> fault() {
        if (standing.isBelieved()) {
            return Optional.empty();
        }
        String known = fault;
        return Optional.of(known == null ? "the watch on Jobs in " + namespace + " does not stand" : known);
    }

    @Override
    public void onAdd(Job job) {
        JobClassifier.facts(job).ifPresent(roster::job);
    }

    @Override
    public void onUpdate(Job before, Job job) {
        // A watch that was away sees a Job made anew under the same name as an update.
        if (!job.getMetadata().getUid().equals(before.getMetadata().getUid())) {
            roster.jobGone(before.getMetadata().getUid());
        }
        JobClassifier.facts(job).ifPresent(roster::job);
    }

    @Override
    public void onDelete(Job job, boolean finalStateUnknown) {
        roster.jobGone(job.getMetadata().getUid());
    }

    @Override
    public void close() {
        informer.stop();
    }
}
