package io.clawpod.spawner.cluster;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Which of several replicas leads, by one Lease: compare and swap by its resourceVersion. It is had only as long as each
 * renewal is answered. Another takes it once it has seen no renewal for {@link #DURATION} by its own clock, so clocks that
 * differ do no harm. Blocks; thread-safe.
 *
 * <p>No LeaderElector of the client's: it needs a thread of its own that sleeps between tries, and the reaper looks every
 * few seconds anyway.
 */
public final class LeaderLease {
    /** How long a renewal is good. */
    public static final Duration DURATION = Duration.ofSeconds(15);

    private static final Logger LOG = Logger.getLogger(LeaderLease.class);

    private final KubernetesClient client;
    private final Clock clock;
    private final String namespace;
    private final String name;
    private final String identity;
    private @Nullable String seenVersion;
    private Instant seenAt = Instant.EPOCH;
    private boolean had;
    private volatile @Nullable String fault;

    /** @param identity of this process, unlike any other's */
    public LeaderLease(KubernetesClient client, Clock clock, String namespace, String name, String identity) {
        this.client = client;
        this.clock = clock;
        this.namespace = namespace;
        this.name = name;
        this.identity = identity;
    }

    /** Takes the Lease if it is free, and renews it if it is held; says whether it is held now. */
    public synchronized boolean hold() {
        boolean has = false;
        try {
            has = tryToHold();
            fault = null;
        } catch (KubernetesClientException e) {
            if (e.getCode() != 409) { // 409: another was faster
                fault = ClusterErrors.problem(e, "hold Lease " + namespace + "/" + name)
                        .detail();
            }
        }
        if (has != had) {
            LOG.infof("leader lease %s lease=%s/%s identity=%s", has ? "had" : "lost", namespace, name, identity);
            had = has;
        }
        return has;
    }

    /** Why it cannot be told who leads; empty when all is well. */
    public Optional<String> fault() {
        return Optional.ofNullable(fault);
    }

    private boolean tryToHold() {
        Lease there = client.leases().inNamespace(namespace).withName(name).get();
        Instant now = clock.instant();
        if (there == null) {
            remember(client.resource(mine(new Lease(), now)).create(), now);
            return true;
        }
        String version = there.getMetadata().getResourceVersion();
        if (!Objects.equals(version, seenVersion)) {
            remember(there, now);
        }
        if (!isFree(there.getSpec(), now)) {
            return false;
        }
        remember(client.resource(mine(there, now)).update(), now);
        return true;
    }

    private void remember(Lease lease, Instant now) {
        seenVersion = lease.getMetadata().getResourceVersion();
        seenAt = now;
    }

    private boolean isFree(@Nullable LeaseSpec spec, Instant now) {
        String holder = spec == null ? null : spec.getHolderIdentity();
        return holder == null
                || holder.isEmpty()
                || holder.equals(identity)
                || !seenAt.plus(DURATION).isAfter(now);
    }

    private Lease mine(Lease base, Instant now) {
        LeaseSpec spec = base.getSpec();
        boolean renewal = spec != null && identity.equals(spec.getHolderIdentity());
        int changes = spec == null || spec.getLeaseTransitions() == null ? 0 : spec.getLeaseTransitions();
        LeaseBuilder lease = new LeaseBuilder(base)
                .editOrNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .endMetadata()
                .editOrNewSpec()
                .withHolderIdentity(identity)
                .withLeaseDurationSeconds((int) DURATION.toSeconds())
                .withRenewTime(OwnerLeaseForm.time(now))
                .endSpec();
        return renewal
                ? lease.build()
                : lease.editSpec()
                        .withAcquireTime(OwnerLeaseForm.time(now))
                        .withLeaseTransitions(spec == null ? 0 : changes + 1)
                        .endSpec()
                        .build();
    }

    /** Gives it back, so that another need not wait. To be called at the end of this process. */
    public synchronized void release() {
        if (!had) {
            return;
        }
        had = false;
        try {
            Lease there = client.leases().inNamespace(namespace).withName(name).get();
            if (there != null
                    && there.getSpec() != null
                    && identity.equals(there.getSpec().getHolderIdentity())) {
                client.resource(new LeaseBuilder(there)
                                .editSpec()
                                .withHolderIdentity("")
                                .endSpec()
                                .build())
                        .update();
            }
        } catch (KubernetesClientException e) {
            LOG.debugf("leader lease not given back lease=%s/%s status=%d", namespace, name, e.getCode());
        }
    }
}
