package io.clawpod.spawner.cluster;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Looks after the claims that the volume rules name. One that is not there stops the sessions that mount from it and no
 * others, so it is told and nothing more. Thread-safe.
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
    private final Set<String> names;
    private volatile List<String> faults = List.of();
    private Instant next = Instant.MIN;

    VolumeClaims(KubernetesClient client, Clock clock, String namespace, Set<String> names) {
        this.client = client;
        this.clock = clock;
        this.namespace = namespace;
        this.names = Set.copyOf(names);
    }

    /** Reads the claims again when it is time. Blocks. */
    synchronized void refresh() {
        Instant now = clock.instant();
        if (names.isEmpty() || now.isBefore(next)) {
            return;
        }
        next = now.plus(EVERY);
        List<String> found = new ArrayList<>();
        for (String name : names.stream().sorted().toList()) {
            try {
                fault(name).ifPresent(found::add);
            } catch (KubernetesClientException e) {
                found.add(ClusterErrors.problem(e, "read PersistentVolumeClaim " + namespace + "/" + name)
                        .detail());
            }
        }
        if (!found.equals(faults)) {
            LOG.warnf("volume claims faults=\"%s\"", String.join("; ", found));
        }
        faults = List.copyOf(found);
    }

    private Optional<String> fault(String name) {
        String what = "PersistentVolumeClaim " + namespace + "/" + name;
        PersistentVolumeClaim claim = client.persistentVolumeClaims()
                .inNamespace(namespace)
                .withName(name)
                .get();
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
