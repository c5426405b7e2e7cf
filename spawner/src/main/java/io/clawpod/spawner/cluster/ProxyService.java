package io.clawpod.spawner.cluster;

import io.clawpod.spawner.plan.ClusterFacts;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The credential proxy's Service, read again and again: its address goes into every pod, and each answer shows that the
 * API server lives. Thread-safe.
 */
final class ProxyService {
    private final KubernetesClient client;
    private final String namespace;
    private final String name;
    private final @Nullable String address;
    private volatile @Nullable ClusterFacts facts;
    private volatile String fault = "the credential proxy's Service has not been read yet";

    /** @param address that agents get instead of the Service's ClusterIP */
    ProxyService(KubernetesClient client, String namespace, String name, @Nullable String address) {
        this.client = client;
        this.namespace = namespace;
        this.name = name;
        this.address = address;
    }

    /**
     * Blocks.
     *
     * @return whether the API server answered
     */
    boolean refresh() {
        try {
            Service service =
                    client.services().inNamespace(namespace).withName(name).get();
            String ip = service == null ? null : service.getSpec().getClusterIP();
            facts = service != null && address != null
                    ? new ClusterFacts(address)
                    : ip == null || ip.isEmpty() || ip.equals("None") ? null : new ClusterFacts(ip);
            fault = "Service " + namespace + "/" + name + (service == null ? " is missing" : " has no ClusterIP");
            return true;
        } catch (KubernetesClientException e) {
            fault = ClusterErrors.problem(e, "read Service " + namespace + "/" + name)
                    .detail();
            return e.getCode() > 0 && e.getCode() < 500;
        }
    }

    /** What is known of the Service, or null; then {@link #fault} says why. */
    @Nullable
    ClusterFacts facts() {
        return facts;
    }

    Optional<String> fault() {
        return facts == null ? Optional.of(fault) : Optional.empty();
    }
}
