package io.clawpod.spawner.session;

import io.clawpod.common.InstallSlug;
import java.util.List;
import java.util.Optional;

/** The leases of installs, one each. All methods call the Kubernetes API and block. Thread-safe. */
public interface OwnerLeases {
    /**
     * Renews the install's lease for {@code holder}, on these terms; makes it if there is none.
     *
     * @param takeover whether to take it from another holder that it is fresh for
     * @throws Refusal lease-held if another has it, foreign-lease if an object that is no such lease has its name, or what
     *     the cluster refuses with
     */
    Renewal renew(InstallSlug install, String holder, OwnerLease.Terms terms, boolean takeover);

    /** @throws Refusal foreign-lease if it cannot be read as a lease, or what the cluster refuses with */
    Optional<OwnerLease> find(InstallSlug install);

    /**
     * Gives the lease up: nothing happens to the install's sessions.
     *
     * @return whether there was one
     * @throws Refusal foreign-lease if it cannot be read as a lease, or what the cluster refuses with
     */
    boolean giveUp(InstallSlug install);

    /**
     * All that can be read; one that cannot be read is left out, so that it ends nothing.
     *
     * @throws Refusal if the cluster does not answer
     */
    List<OwnerLease> all();

    /** @param made whether there was none before */
    record Renewal(OwnerLease lease, boolean made) {}
}
