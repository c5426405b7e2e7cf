package io.clawpod.spawner.testing;

import static org.awaitility.Awaitility.await;

import io.clawpod.common.client.EventLoopHttpClient;
import io.clawpod.spawner.cluster.ClusterSessions;
import io.clawpod.spawner.cluster.ClusterSettings;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.MockWebServer;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** An API server in memory that holds what a spawner needs to be ready: the proxy's Service and the empty key
 * Secret; and the claim that {@link ApiProfile}'s rule names. */
public final class MockCluster implements QuarkusTestResourceLifecycleManager, AutoCloseable {
    public static final String PROXY_IP = "10.96.7.7";

    /** Of a spawner over it, as the manifests have them. */
    public static final ClusterSettings SETTINGS = new ClusterSettings(
            PlanSettings.DEFAULTS,
            "clawpod",
            "credential-proxy",
            null,
            "clawpod",
            "spawner-signing-key",
            "clawpod-spawner",
            Duration.ofDays(1),
            Duration.ofDays(30));

    private final Vertx vertx = Vertx.vertx();
    private final KubernetesMockServer server = new KubernetesMockServer(
            new io.fabric8.mockwebserver.Context(),
            new MockWebServer(),
            new HashMap<>(),
            new KubernetesCrudDispatcher(),
            false);

    /** Starts a spawner's watches and waits until nothing is missing. */
    public static void startReady(ClusterSessions sessions) {
        sessions.start();
        await().until(() -> {
            sessions.refresh();
            return sessions.faults().isEmpty();
        });
    }

    @Override
    public Map<String, String> start() {
        server.init();
        try (KubernetesClient client = client()) {
            client.resource(new ServiceBuilder()
                            .withNewMetadata()
                            .withNamespace("clawpod")
                            .withName("credential-proxy")
                            .endMetadata()
                            .withNewSpec()
                            .withClusterIP(PROXY_IP)
                            .endSpec()
                            .build())
                    .create();
            client.resource(new SecretBuilder()
                            .withNewMetadata()
                            .withNamespace("clawpod")
                            .withName("spawner-signing-key")
                            .endMetadata()
                            .build())
                    .create();
            client.resource(new PersistentVolumeClaimBuilder()
                            .withNewMetadata()
                            .withNamespace("clawpod-agents")
                            .withName("nanoclaw")
                            .endMetadata()
                            .withNewSpec()
                            .withAccessModes("ReadWriteMany")
                            .endSpec()
                            .withNewStatus()
                            .withPhase("Bound")
                            .endStatus()
                            .build())
                    .create();
        }
        return Map.of(
                "quarkus.kubernetes-client.api-server-url",
                server.url("/"),
                "quarkus.kubernetes-client.namespace",
                "clawpod");
    }

    /** A new client; the caller closes it. */
    public KubernetesClient client() {
        return server.createClient(new EventLoopHttpClient.Factory(vertx));
    }

    @Override
    public void stop() {
        server.destroy();
        vertx.close();
    }

    @Override
    public void close() {
        stop();
    }
}
