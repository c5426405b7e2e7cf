package io.clawpod.local.demo;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;

/** Of what {@code kubectl apply -k k8s/} makes, the objects that the embedded cluster has a use for. */
final class Manifests {
    static final String SYSTEM = "clawpod";
    static final String AGENTS = "clawpod-agents";
    static final int SPAWNER_PORT = 8080;
    static final int PROXY_PORT = 3001;

    private Manifests() {}

    /** The services themselves run outside the cluster, at these ports of this machine. */
    static void apply(KubernetesClient client, int spawnerPort, int proxyPort) {
        List<HasMetadata> objects = List.of(
                new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(SYSTEM)
                        .endMetadata()
                        .build(),
                new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(AGENTS)
                        .endMetadata()
                        .build(),
                new SecretBuilder()
                        .withNewMetadata()
                        .withNamespace(SYSTEM)
                        .withName("spawner-signing-key")
                        .endMetadata()
                        .withType("Opaque")
                        .build(),
                service("spawner", SPAWNER_PORT),
                endpoints("spawner", spawnerPort),
                service("credential-proxy", PROXY_PORT),
                endpoints("credential-proxy", proxyPort));
        objects.forEach(object -> client.resource(object).create());
    }

    private static HasMetadata service(String name, int port) {
        return new ServiceBuilder()
                .withNewMetadata()
                .withNamespace(SYSTEM)
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .addNewPort()
                .withName("http")
                .withPort(port)
                .endPort()
                .endSpec()
                .build();
    }

    private static HasMetadata endpoints(String service, int port) {
        return new EndpointSliceBuilder()
                .withNewMetadata()
                .withNamespace(SYSTEM)
                .withName(service)
                .addToLabels("kubernetes.io/service-name", service)
                .endMetadata()
                .withAddressType("IPv4")
                .addNewEndpoint()
                .withAddresses("127.0.0.1")
                .endEndpoint()
                .addNewPort()
                .withName("http")
                .withPort(port)
                .endPort()
                .build();
    }
}
