package io.clawpod.proxy.identity;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.NamespacedKubernetesClient;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import java.time.Duration;
import java.util.function.Function;

/** Calls of the Kubernetes API that a caller waits for: tried once, and for a short time. They block. */
final class BriefCalls {
    private BriefCalls() {}

    static <T> T call(KubernetesClient client, Duration atMost, Function<NamespacedKubernetesClient, T> call) {
        return client.adapt(NamespacedKubernetesClient.class)
                .withRequestConfig(new RequestConfigBuilder()
                        .withRequestTimeout((int) atMost.toMillis())
                        .withRequestRetryBackoffLimit(0)
                        .build())
                .call(call::apply);
    }
}
