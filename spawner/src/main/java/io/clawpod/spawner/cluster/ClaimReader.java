package io.clawpod.spawner.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads claims once, for a command that is no service. */
public final class ClaimReader {
    private static final int TIMEOUT_MILLIS = 10_000;

    private ClaimReader() {}

    /**
     * Asks the cluster that KUBECONFIG names, or that this process runs in. Blocks.
     *
     * @return for each name what is wrong with its claim, or empty if it can be used
     */
    public static Map<String, Optional<String>> faults(String namespace, Set<String> names) {
        Config config = new ConfigBuilder(Config.autoConfigure(null))
                .withConnectionTimeout(TIMEOUT_MILLIS)
                .withRequestTimeout(TIMEOUT_MILLIS)
                .withRequestRetryBackoffLimit(0)
                .build();
        try (KubernetesClient client =
                new KubernetesClientBuilder().withConfig(config).build()) {
            VolumeClaims claims = new VolumeClaims(client, Clock.systemUTC(), namespace, () -> names);
            return claims.check();
        }
    }
}
