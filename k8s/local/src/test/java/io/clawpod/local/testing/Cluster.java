package io.clawpod.local.testing;

import io.clawpod.common.client.EventLoopHttpClient;
import io.clawpod.local.EmbeddedCluster;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A cluster with a namespace {@code agents}, an image {@code shell} and a client. */
public final class Cluster implements AutoCloseable {
    public static final String NAMESPACE = "agents";
    private final Vertx vertx = Vertx.vertx();
    public final EmbeddedCluster cluster = EmbeddedCluster.start();
    public final KubernetesClient client = new KubernetesClientBuilder()
            .withConfig(new ConfigBuilder(Config.empty())
                    .withMasterUrl(cluster.apiServerUrl())
                    .withNamespace(NAMESPACE)
                    .build())
            .withHttpClientFactory(new EventLoopHttpClient.Factory(vertx))
            .build();

    public Cluster() throws IOException {
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(NAMESPACE)
                        .endMetadata()
                        .build())
                .create();
        Path image = cluster.folder().resolve("shell");
        Files.createDirectories(image.resolve("bin"));
        cluster.registerImage("shell", image);
    }

    /** A pod that runs a shell script and is not restarted. */
    public static PodBuilder shell(String name, String script) {
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels("app", "test")
                .endMetadata()
                .withNewSpec()
                .withRestartPolicy("Never")
                .addNewContainer()
                .withName("agent")
                .withImage("shell")
                .withCommand("sh", "-c", script)
                .endContainer()
                .endSpec();
    }

    public Pod create(PodBuilder pod) {
        return client.resource(pod.build()).create();
    }

    public Pod await(String name, Predicate<Pod> condition) {
        return client.pods().withName(name).waitUntilCondition(condition, 20, TimeUnit.SECONDS);
    }

    public Pod awaitPhase(String name, String phase) {
        return await(name, pod -> pod != null && phase.equals(pod.getStatus().getPhase()));
    }

    /** Waits until the container waits for {@code reason}. */
    public Pod awaitWaiting(String name, String reason) {
        return await(
                name,
                pod -> pod != null
                        && pod.getStatus().getContainerStatuses().stream()
                                .anyMatch(status -> status.getState().getWaiting() != null
                                        && reason.equals(
                                                status.getState().getWaiting().getReason())));
    }

    @Override
    public void close() {
        client.close();
        cluster.close();
        vertx.close();
    }
}
