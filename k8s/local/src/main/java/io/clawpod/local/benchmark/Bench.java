package io.clawpod.local.benchmark;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.UUID;

/** A namespace of the cluster with what a spawner needs; goes away with all that is in it. */
final class Bench implements AutoCloseable {
    private final KubernetesClient client;
    private final String namespace =
            "clawpod-benchmark-" + UUID.randomUUID().toString().substring(0, 8);

    Bench(KubernetesClient client) {
        this.client = client;
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(namespace)
                        .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                        .endMetadata()
                        .build())
                .create();
        client.resource(new ServiceAccountBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName("agent")
                        .endMetadata()
                        .build())
                .create();
        client.resource(new SecretBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName("spawner-signing-key")
                        .endMetadata()
                        .build())
                .create();
        client.resource(new ServiceBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName("credential-proxy")
                        .endMetadata()
                        .withNewSpec()
                        .addNewPort()
                        .withPort(3001)
                        .endPort()
                        .endSpec()
                        .build())
                .create();
    }

    String namespace() {
        return namespace;
    }

    @Override
    public void close() {
        client.namespaces().withName(namespace).delete();
    }
}
