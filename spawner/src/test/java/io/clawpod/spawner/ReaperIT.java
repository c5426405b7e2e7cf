package io.clawpod.spawner;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.clawpod.spawner.testing.Agents;
import io.clawpod.spawner.testing.SpawnerClient;
import io.clawpod.spawner.testing.SpawnerClient.Answer;
import io.clawpod.spawner.testing.SpawnerProcess;
import io.clawpod.spawner.testing.TestNamespace;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Two packaged spawners over a real cluster: hosts that go, hosts that come back, and a leader that is killed. */
class ReaperIT {
    private static final String LEASE = "/v1/installs/it/lease";
    private static final Duration SOON = Duration.ofSeconds(60);

    private static @Nullable TestNamespace namespace;

    @BeforeAll
    static void start() {
        assumeTrue(TestNamespace.isClusterNamed(), "KUBECONFIG names no cluster to test against");
        namespace = new TestNamespace("reaper");
    }

    @AfterAll
    static void stop() {
        if (namespace != null) {
            namespace.close();
        }
    }

    private static TestNamespace namespace() {
        return Objects.requireNonNull(namespace);
    }

    private static SpawnerProcess spawner() {
        return SpawnerProcess.start(namespace().settings(), Map.of());
    }

    private static void create(SpawnerProcess spawner, String key) {
        Answer answer = spawner.client().put(key, Agents.bash("sleep 600"));
        assertEquals(201, answer.status(), answer.text());
    }

    private static void awaitGone(SpawnerProcess spawner, String key) {
        await().atMost(SOON)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> spawner.client().get(SpawnerClient.path(key)).status() == 404);
    }

    private static boolean leads(SpawnerProcess spawner) {
        return spawner.client().get("/q/metrics").text().contains("clawpod_reaper_leader 1.0");
    }

    @Test
    void whatAHostDoesNotNameGoesAndWhatItHoldsEndsWithItThoughTheLeaderIsKilled() {
        try (SpawnerProcess first = spawner().awaitReady()) {
            await().atMost(SOON).until(() -> leads(first));
            try (SpawnerProcess second = spawner().awaitReady()) {
                create(first, "named");
                create(first, "orphan");
                await().atMost(SOON)
                        .until(() -> second.client()
                                .get(SpawnerClient.path("orphan"))
                                .member("/state")
                                .equals("running"));
                Answer swept =
                        second.client().call("POST", "/v1/installs/it/sweep", "{\"keep\":[\"named\",\"never-was\"]}");
                assertEquals(200, swept.status(), swept.text());
                assertEquals("orphan", swept.member("/ended/0"));
                assertEquals("named", swept.member("/kept/0"));
                assertEquals("never-was", swept.member("/unknown/0"));
                awaitGone(first, "orphan");
                assertEquals(
                        200, first.client().get(SpawnerClient.path("named")).status());

                Answer made = first.client()
                        .call("PUT", LEASE, "{\"duration\":\"PT5S\",\"onLapse\":\"end\",\"grace\":\"PT5S\"}");
                assertEquals(201, made.status(), made.text());
                assertTrue(leads(first) && !leads(second));
                first.kill();
                awaitGone(second, "named");
                assertTrue(leads(second));
                assertTrue(second.log().contains("reason=owner-lapsed"), second.log());
            }
        }
    }
}
