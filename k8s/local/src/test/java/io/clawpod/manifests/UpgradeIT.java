package io.clawpod.manifests;

import static io.clawpod.manifests.Installation.SESSIONS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Both services are replaced, and put back, while an agent reads a long answer and makes small calls: it misses nothing. In
 * the end all of the installation is gone.
 */
final class UpgradeIT {
    private static final String KEY = "steady";
    private static final Duration STREAM = Duration.ofMinutes(3);

    @Test
    void anUpgradeAndItsRollbackCostARunningSessionNothing() {
        Manifests manifests = Manifests.rendered();
        Installation.set(
                manifests.one(Deployment.class, Installation.NAMESPACE, "credential-proxy"),
                Map.of("CLAWPOD_UPSTREAM_URL", StandInApi.URL, "CLAWPOD_UPSTREAM_ALLOW_PRIVATE", "true"));
        try (Installation installation = Installation.of(manifests)) {
            installation.awaitReady("spawner", "credential-proxy");
            HttpResponse<String> made = installation.spawner(
                    "PUT", SESSIONS + KEY, Map.of("image", Script.IMAGE, "command", new Script(KEY).command()));
            assertEquals(201, made.statusCode(), made.body());
            String uid = Installation.json(made.body()).at("/pod/uid").asText();
            await("the stream")
                    .atMost(Applied.PATIENCE)
                    .until(() -> log(installation).contains("word 1\n"));

            for (String deployment : List.of("credential-proxy", "spawner")) {
                installation.deployment(deployment).rolling().restart();
            }
            installation.awaitReady("spawner", "credential-proxy");
            assertRuns(installation, uid);
            for (String deployment : List.of("credential-proxy", "spawner")) {
                installation.deployment(deployment).rolling().undo();
            }
            installation.awaitReady("spawner", "credential-proxy");
            assertRuns(installation, uid);

            await("the end of the session")
                    .atMost(STREAM)
                    .until(() ->
                            installation.session(KEY).path("state").asText().equals("ended"));
            String log = log(installation);
            JsonNode session = installation.session(KEY);
            assertEquals(0, session.path("exitCode").asInt(-1), log);
            assertTrue(log.contains("words 1500 "), log);
            assertEquals(
                    202, installation.spawner("DELETE", SESSIONS + KEY, null).statusCode());
        }
        try (KubernetesClient client = new KubernetesClientBuilder().build()) {
            for (HasMetadata object : manifests.objects()) {
                assertEquals(null, client.resource(object).get(), () -> Manifests.describe(object) + " is left");
            }
        }
    }

    private static String log(Installation installation) {
        return installation.spawner("GET", SESSIONS + KEY + "/logs", null).body();
    }

    private static void assertRuns(Installation installation, String uid) {
        JsonNode session = installation.session(KEY);
        assertEquals("running", session.path("state").asText(), session.toString());
        assertEquals(uid, session.at("/pod/uid").asText());
    }
}
