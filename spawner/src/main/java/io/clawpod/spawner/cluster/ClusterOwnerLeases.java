package io.clawpod.spawner.cluster;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.InstallSlug;
import io.clawpod.common.Labels;
import io.clawpod.common.Problem;
import io.clawpod.spawner.session.OwnerLease;
import io.clawpod.spawner.session.OwnerLeases;
import io.clawpod.spawner.session.Refusal;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Owners' leases as Lease objects of the agents' namespace. Of writes at once one wins, by the resourceVersion. */
public final class ClusterOwnerLeases implements OwnerLeases {
    private static final Logger LOG = Logger.getLogger(ClusterOwnerLeases.class);
    private static final int ATTEMPTS = 5;

    private final KubernetesClient client;
    private final Clock clock;
    private final String namespace;

    /** @param namespace the agents' */
    public ClusterOwnerLeases(KubernetesClient client, Clock clock, String namespace) {
        this.client = client;
        this.clock = clock;
        this.namespace = namespace;
    }

    @Override
    public Renewal renew(InstallSlug install, String holder, OwnerLease.Terms terms, boolean takeover) {
        String what = "renew the lease of install " + install;
        for (int i = 0; i < ATTEMPTS; i++) {
            Optional<Renewal> done = asked(what, () -> tryToRenew(install, holder, terms, takeover));
            if (done.isPresent()) {
                return done.get();
            }
        }
        throw new Refusal(ClusterErrors.unavailable(what));
    }

    /** Empty if another write came in between. */
    private Optional<Renewal> tryToRenew(InstallSlug install, String holder, OwnerLease.Terms terms, boolean takeover) {
        Lease there = get(install);
        // What the API server keeps is what is told.
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        Optional<OwnerLease> known = Optional.ofNullable(there).map(lease -> read(install, lease));
        boolean anothers = known.isPresent() && !known.get().holder().equals(holder);
        if (anothers && !takeover && known.get().isFresh(now)) {
            throw new Refusal(Problem.of(
                    ErrorCode.LEASE_HELD,
                    "the lease of install " + install + " is " + known.get().holder() + "'s until "
                            + known.get().lapsesAt(),
                    "wait until it lapses, or take it with ?takeover"));
        }
        Instant acquired = known.isEmpty() || anothers ? now : known.get().acquiredAt();
        OwnerLease lease = new OwnerLease(install, holder, terms, acquired, now);
        Lease written = OwnerLeaseForm.write(lease, there == null ? new Lease() : there, namespace);
        try {
            if (there == null) {
                client.resource(written).create();
            } else {
                client.resource(written).update();
            }
        } catch (KubernetesClientException e) {
            // Made, changed or, with the resourceVersion given, deleted in between.
            if (e.getCode() == 409 || (there != null && e.getCode() == 404)) {
                return Optional.empty();
            }
            throw e;
        }
        if (anothers || known.isEmpty()) {
            LOG.infof("owner lease acquired install=%s holder=%s", install, holder);
        }
        return Optional.of(new Renewal(lease, known.isEmpty()));
    }

    private @Nullable Lease get(InstallSlug install) {
        return client.leases()
                .inNamespace(namespace)
                .withName(OwnerLeaseForm.name(install))
                .get();
    }

    private OwnerLease read(InstallSlug install, Lease lease) {
        return OwnerLeaseForm.read(lease)
                .filter(read -> read.install().equals(install))
                .orElseThrow(() -> new Refusal(Problem.of(
                        ErrorCode.FOREIGN_LEASE,
                        "Lease " + namespace + "/" + OwnerLeaseForm.name(install)
                                + " was not made by the spawner, or somebody has changed it",
                        "remove it, and renew the lease of the install again")));
    }

    @Override
    public Optional<OwnerLease> find(InstallSlug install) {
        return asked(
                "read the lease of install " + install,
                () -> Optional.ofNullable(get(install)).map(lease -> read(install, lease)));
    }

    @Override
    public boolean giveUp(InstallSlug install) {
        return asked("delete the lease of install " + install, () -> {
            Lease there = get(install);
            if (there == null) {
                return false;
            }
            read(install, there);
            boolean gone = !client.resource(there).delete().isEmpty();
            LOG.infof("owner lease given up install=%s", install);
            return gone;
        });
    }

    @Override
    public List<OwnerLease> all() {
        return asked(
                "list the leases in " + namespace,
                () -> client
                        .leases()
                        .inNamespace(namespace)
                        .withLabels(OwnerLeaseForm.labels())
                        .withLabel(Labels.INSTALL)
                        .list()
                        .getItems()
                        .stream()
                        .flatMap(lease -> OwnerLeaseForm.read(lease).stream())
                        .toList());
    }

    private static <T> T asked(String what, Supplier<T> call) {
        try {
            return call.get();
        } catch (KubernetesClientException e) {
            throw new Refusal(ClusterErrors.problem(e, what));
        }
    }
}
