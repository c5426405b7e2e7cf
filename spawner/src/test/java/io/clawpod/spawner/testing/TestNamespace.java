package io.clawpod.spawner.testing;

import io.clawpod.common.SessionKey;
import io.clawpod.common.client.EventLoopHttpClient;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.vertx.core.Vertx;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A namespace of a real cluster that enforces a Pod Security Standard, {@code restricted} unless told otherwise, and holds all that a spawner
 * needs, so that spawner, proxy Service and agents of one test share it. Closing it deletes it with all it holds.
 */
public final class TestNamespace implements AutoCloseable {
    private final Vertx vertx = Vertx.vertx();
    private final KubernetesClient client = new KubernetesClientBuilder()
            .withHttpClientFactory(new EventLoopHttpClient.Factory(vertx))
            .build();
    private final String name;

    public TestNamespace(String prefix) {
        this(prefix, "restricted");
    }

    /** @param level the Pod Security Standard that it enforces */
    public TestNamespace(String prefix, String level) {
        byte[] nonce = new byte[4];
        ThreadLocalRandom.current().nextBytes(nonce);
        name = "it-" + prefix + "-" + HexFormat.of().formatHex(nonce);
        try {
            fill(level);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Whether the environment names a cluster to test against. */
    public static boolean isClusterNamed() {
        return System.getenv("KUBECONFIG") != null;
    }

    private void fill(String level) {
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .addToLabels("pod-security.kubernetes.io/enforce", level)
                        .endMetadata()
                        .build())
                .create();
        serviceAccount("agent");
        client.resource(new SecretBuilder()
                        .withNewMetadata()
                        .withNamespace(name)
                        .withName("spawner-signing-key")
                        .endMetadata()
                        .build())
                .create();
        client.resource(new ServiceBuilder()
                        .withNewMetadata()
                        .withNamespace(name)
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

    public void serviceAccount(String account) {
        client.resource(new ServiceAccountBuilder()
                        .withNewMetadata()
                        .withNamespace(name)
                        .withName(account)
                        .endMetadata()
                        .build())
                .create();
    }

    public String name() {
        return name;
    }

    public KubernetesClient client() {
        return client;
    }

    /** The pod of the session with this key, or null. */
    public @Nullable Pod pod(String key) {
        return client.pods()
                .inNamespace(name)
                .withName(SessionKey.of(SpawnerClient.INSTALL, key).podName())
                .get();
    }

    /** The Secrets of the session with this key. */
    public List<Secret> secretsOf(String key) {
        String pod = SessionKey.of(SpawnerClient.INSTALL, key).podName();
        return client.secrets().inNamespace(name).list().getItems().stream()
                .filter(secret -> secret.getMetadata().getName().startsWith(pod))
                .toList();
    }

    /** The settings, as environment variables, of a spawner that lives in this namespace alone. */
    public Map<String, String> settings() {
        return Map.of(
                "CLAWPOD_AGENTS_NAMESPACE", name,
                "CLAWPOD_PROXY_NAMESPACE", name,
                "CLAWPOD_SIGNING_KEY_NAMESPACE", name,
                "CLAWPOD_REAP_NAMESPACE", name);
    }

    @Override
    public void close() {
        // A pod that ignores SIGTERM would hold the namespace for its whole grace.
        client.pods().inNamespace(name).withGracePeriod(1).delete();
        client.namespaces().withName(name).delete();
        client.close();
        vertx.close();
    }
}
