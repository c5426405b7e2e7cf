package io.clawpod.manifests;

import static io.clawpod.manifests.Installation.NAMESPACE;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * A login in a real Secret, whose refresh token is good once: the proxy refreshes it, keeps the new pair in the Secret as
 * soon as it may, and one that starts later goes on from there.
 */
final class ProxyLoginIT {
    private static final String SECRET = "generic-credential";

    @Test
    void aLoginThatWasRefreshedIsKeptInItsSecretAndOutlivesTheProxy() {
        Manifests manifests = Manifests.rendered();
        ConfigMap routes = manifests.one(ConfigMap.class, NAMESPACE, "credential-proxy-routes");
        routes.setData(Map.of("routes.yaml", """
                credentials:
                  login:
                    kind: oauth
                    directory: /var/run/secrets/clawpod/credentials/generic
                    tokenEndpoint: %1$s/oauth/token
                    allowPrivate: true
                    clientId: clawpod
                    writeBack: {namespace: %2$s, name: %3$s}
                routes:
                  - name: login
                    prefix: /login/
                    upstream: %1$s/login
                    allowPrivate: true
                    credential: login
                    policies:
                      - {effect: allow, methods: [POST], paths: [/v1/messages]}
                """.formatted(StandInApi.URL, NAMESPACE, SECRET)));
        try (Installation installation = Installation.of(manifests)) {
            installation.secret(SECRET, "refresh-token", "refresh-0");
            installation.awaitReady("spawner", "credential-proxy");
            CallingPod agent = installation.callingSession("login");

            awaitPassing(installation, agent);
            ProxyPod proxy = ProxyPod.awaitAnswering(installation.client, "credential-proxy");
            await("that it may not write is counted")
                    .atMost(Applied.PATIENCE)
                    .until(() -> proxy.metrics().contains("outcome=\"failed\"} 1.0"));
            assertEquals(1, installation.api.issued());
            assertEquals(Map.of("refresh-token", "refresh-0"), kept(installation));

            allow(installation);
            await("the pair is kept")
                    .atMost(Applied.PATIENCE)
                    .until(() -> Objects.equals(kept(installation).get("refresh-token"), "refresh-1"));
            assertEquals("access-1", kept(installation).get("access-token"));
            installation.deployment("credential-proxy").rolling().restart();
            installation.awaitReady("credential-proxy");
            awaitPassing(installation, agent);
            assertEquals(1, installation.api.issued(), "the one before it refreshed for this one too");
        }
    }

    private static void awaitPassing(Installation installation, CallingPod agent) {
        String login =
                "http://" + Installation.clusterIp(installation.client, NAMESPACE, "credential-proxy") + ":3001/login";
        await("calls pass")
                .atMost(Applied.PATIENCE)
                .until(() -> agent.callProxy(login).statusCode() == 200);
    }

    /** The right that the documents tell an operator to give. */
    private static void allow(Installation installation) {
        installation.create(new RoleBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName("credential-proxy-write-back")
                .endMetadata()
                .addNewRule()
                .withApiGroups("")
                .withResources("secrets")
                .withResourceNames(SECRET)
                .withVerbs("patch")
                .endRule()
                .build());
        installation.create(new RoleBindingBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName("credential-proxy-write-back")
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "Role", "credential-proxy-write-back")
                .addNewSubject(null, "ServiceAccount", "credential-proxy", NAMESPACE)
                .build());
    }

    private static Map<String, String> kept(Installation installation) {
        Map<String, String> data = installation
                .client
                .secrets()
                .inNamespace(NAMESPACE)
                .withName(SECRET)
                .get()
                .getData();
        data.replaceAll((name, value) -> new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8));
        return data;
    }
}
