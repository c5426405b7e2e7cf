package io.clawpod.manifests;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A credential proxy that runs in the cluster, reached at its pod's address. */
record ProxyPod(KubernetesClient client, String name, String address) {
    private static final String NAME_LABEL = "app.kubernetes.io/name";

    /** The shipped Deployment under another name and outside its Service, with a change. */
    static Deployment variant(Deployment shipped, String name, Consumer<PodSpec> change) {
        Deployment variant = new DeploymentBuilder(shipped)
                .editMetadata()
                .withName(name)
                .endMetadata()
                .editSpec()
                .editSelector()
                .addToMatchLabels(NAME_LABEL, name)
                .endSelector()
                .editTemplate()
                .editMetadata()
                .addToLabels(NAME_LABEL, name)
                .endMetadata()
                .endTemplate()
                .endSpec()
                .build();
        change.accept(variant.getSpec().getTemplate().getSpec());
        return variant;
    }

    /** Waits until the process of the Deployment's one pod answers about itself, ready or not. */
    static ProxyPod awaitAnswering(KubernetesClient client, String deployment) {
        await(deployment + " answers").atMost(Applied.PATIENCE).until(() -> {
            Pod pod = pod(client, deployment);
            return pod != null
                    && pod.getStatus().getPodIP() != null
                    && of(client, pod).answers();
        });
        return of(client, Objects.requireNonNull(pod(client, deployment)));
    }

    private static ProxyPod of(KubernetesClient client, Pod pod) {
        return new ProxyPod(client, pod.getMetadata().getName(), pod.getStatus().getPodIP());
    }

    private static @Nullable Pod pod(KubernetesClient client, String deployment) {
        return client
                .pods()
                .inNamespace(Installation.NAMESPACE)
                .withLabel(NAME_LABEL, deployment)
                .list()
                .getItems()
                .stream()
                .findFirst()
                .orElse(null);
    }

    private boolean answers() {
        try {
            return !readiness().body().isEmpty();
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    String url() {
        return "http://" + address + ":3001";
    }

    HttpResponse<String> readiness() {
        return Http.get("http://" + address + ":9000/q/health/ready");
    }

    String metrics() {
        return Http.get("http://" + address + ":9000/q/metrics").body();
    }

    String log() {
        return client.pods().inNamespace(Installation.NAMESPACE).withName(name).getLog();
    }

    /** How often its container was started again. */
    int restarts() {
        return client.pods()
                .inNamespace(Installation.NAMESPACE)
                .withName(name)
                .get()
                .getStatus()
                .getContainerStatuses()
                .get(0)
                .getRestartCount();
    }

    /** Makes the kubelet look at the pod's volumes now, and not at the end of its sync period of a minute. */
    void hastenVolumes() {
        client.pods()
                .inNamespace(Installation.NAMESPACE)
                .withName(name)
                .edit(pod -> new PodBuilder(pod)
                        .editMetadata()
                        .addToAnnotations("clawpod-test/volumes", Instant.now().toString())
                        .endMetadata()
                        .build());
    }
}
