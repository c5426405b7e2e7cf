package io.clawpod.spawner.cluster;

import io.clawpod.spawner.plan.Settings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where things lie in the cluster.
 *
 * @param plan what the operator has set for agent pods
 * @param proxyNamespace of the credential proxy's Service
 * @param proxyService its name
 * @param proxyAddress where agents find the proxy; absent for the Service's ClusterIP
 * @param keyNamespace of the Secret with the signing key
 * @param keySecret its name
 * @param issuer of session tokens
 * @param tokenLifetime of session tokens
 * @param rotateAfter how long a key signs them
 */
public record ClusterSettings(
        Settings plan,
        String proxyNamespace,
        String proxyService,
        @Nullable String proxyAddress,
        String keyNamespace,
        String keySecret,
        String issuer,
        Duration tokenLifetime,
        Duration rotateAfter) {}
