package io.clawpod.spawner.cluster;

import io.clawpod.spawner.plan.ClaimState;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimStatus;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Looks after the claims that the volume rules name. One that is not there stops the sessions that mount from it and no
 * others: they are refused, and everybody else is told. Thread-safe.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode">Volume binding mode</a>
 */
final class VolumeClaims {
    /** How often the claims are read, each with a request of its own. */
    static final Duration EVERY = Duration.ofSeconds(15);

    private static final Logger LOG = Logger.getLogger(VolumeClaims.class);

    private final KubernetesClient client;
    private final Clock clock;
    private final String namespace;
    private final Supplier<Set<String>> names;
    private final Map<String, ClaimState> known = new ConcurrentHashMap<>();
    private volatile List<String> faults = List.of();
    private Instant next = Instant.MIN;

    /** @param names of the claims, as the rules have them now */
    VolumeClaims(KubernetesClient client, Clock clock, String namespace, Supplier<Set<String>> names) {
        this.client = client;
        this.clock = clock;
        this.namespace = namespace;
        this.names = names;
    }

    /** Reads the claims again when it is time. Blocks. */
    synchronized void refresh() {
        Instant now = clock.instant();
        if (now.isBefore(next)) {
            return;
        }
        next = now.plus(EVERY);
        List<String> found = check().values().stream().flatMap(Optional::stream).toList();
        if (!found.equals(faults)) {
            LOG.warnf("volume claims faults=\"%s\"", String.join("; ", found));
        }
        faults = found;
    }

    /** Reads every claim now: what is wrong with it, or empty if it can be used, in the order of the names. Blocks. */
    SortedMap<String, Optional<String>> check() {
        SortedMap<String, Optional<String>> found = new TreeMap<>();
        Set<String> named = names.get();
        known.keySet().retainAll(named);
        for (String name : named) {
            try {
                PersistentVolumeClaim claim = get(name);
                known.put(name, state(claim));
                found.put(name, fault(name, claim));
            } catch (KubernetesClientException e) {
                found.put(
                        name,
                        Optional.of(ClusterErrors.problem(e, "read PersistentVolumeClaim " + namespace + "/" + name)
                                .detail()));
            }
        }
        return found;
    }

    /**
     * What is known of claims. One that has not been read yet, or with which something was wrong, is read now, so that a claim
     * made a moment ago is there. Blocks.
     *
     * @throws KubernetesClientException if the API server refuses or does not answer
     */
    Map<String, ClaimState> states(Set<String> wanted) {
        Map<String, ClaimState> states = new HashMap<>();
        for (String name : wanted) {
            ClaimState state = known.get(name);
            if (state == null || state == ClaimState.MISSING || state == ClaimState.LOST) {
                state = state(get(name));
                known.put(name, state);
            }
            states.put(name, state);
        }
        return states;
    }

    private @Nullable PersistentVolumeClaim get(String name) {
        return client.persistentVolumeClaims()
                .inNamespace(namespace)
                .withName(name)
                .get();
    }

    private static ClaimState state(@Nullable PersistentVolumeClaim claim) {
        if (claim == null) {
            return ClaimState.MISSING;
        }
        PersistentVolumeClaimStatus status = claim.getStatus();
        if (status != null && "Lost".equals(status.getPhase())) {
            return ClaimState.LOST;
        }
        // Of one that is bound the volume's own modes hold, which may be more than were asked for.
        List<String> bound = status == null ? null : status.getAccessModes();
        List<String> modes = bound == null || bound.isEmpty() ? claim.getSpec().getAccessModes() : bound;
        boolean oneNode = modes != null && modes.contains("ReadWriteOnce") && !modes.contains("ReadWriteMany");
        return oneNode ? ClaimState.ONE_NODE : ClaimState.USABLE;
    }

    private Optional<String> fault(String name, @Nullable PersistentVolumeClaim claim) {
        String what = "PersistentVolumeClaim " + namespace + "/" + name;
        if (claim == null) {
            return Optional.of(what + ", which a volume rule names, is missing");
        }
        String phase = claim.getStatus() == null ? null : claim.getStatus().getPhase();
        if ("Bound".equals(phase)) {
            return Optional.empty();
        }
        if ("Lost".equals(phase)) {
            return Optional.of(what + " has lost its PersistentVolume");
        }
        return pending(what, claim.getSpec().getStorageClassName());
    }

    private Optional<String> pending(String what, @Nullable String className) {
        if (className == null || className.isEmpty()) {
            return Optional.of(what + " is bound to no PersistentVolume, and names no StorageClass to make one");
        }
        StorageClass storage =
                client.storage().v1().storageClasses().withName(className).get();
        if (storage == null) {
            return Optional.of("StorageClass " + className + " of " + what + " does not exist");
        }
        // Such a claim is bound when the first pod that uses it is scheduled.
        return "WaitForFirstConsumer".equals(storage.getVolumeBindingMode())
                ? Optional.empty()
                : Optional.of(what + " is not bound; its StorageClass " + className + " has made no volume yet");
    }

    /** What is wrong with the claims, as last read. */
    List<String> faults() {
        return faults;
    }
}
