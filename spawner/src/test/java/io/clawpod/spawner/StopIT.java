package io.clawpod.spawner;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.clawpod.spawner.testing.Agents;
import io.clawpod.spawner.testing.SpawnerClient;
import io.clawpod.spawner.testing.SpawnerClient.Answer;
import io.clawpod.spawner.testing.SpawnerProcess;
import io.clawpod.spawner.testing.TestNamespace;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Stops at any time, against a real cluster with its garbage collector. After each, no token is left. */
class StopIT {
    private static final Duration SOON = Duration.ofSeconds(60);

    private static @Nullable TestNamespace namespace;
    private static @Nullable SpawnerProcess process;

    @BeforeAll
    static void start() {
        assumeTrue(TestNamespace.isClusterNamed(), "KUBECONFIG names no cluster to test against");
        namespace = new TestNamespace("stop");
        process = SpawnerProcess.start(namespace.settings()).awaitReady();
    }

    @AfterAll
    static void stop() {
        if (process != null) {
            process.close();
        }
        if (namespace != null) {
            namespace.close();
        }
    }

    /** The pods go when they go; their Secrets follow. */
    @AfterEach
    void noTokenIsLeft() {
        await().atMost(SOON)
                .until(() -> namespace()
                                .client()
                                .pods()
                                .inNamespace(namespace().name())
                                .list()
                                .getItems()
                                .isEmpty()
                        && tokens().isEmpty());
    }

    private static List<String> tokens() {
        return namespace()
                .client()
                .secrets()
                .inNamespace(namespace().name())
                .withLabel("app.kubernetes.io/managed-by", "clawpod-spawner")
                .list()
                .getItems()
                .stream()
                .map(secret -> secret.getMetadata().getName())
                .toList();
    }

    private static TestNamespace namespace() {
        return Objects.requireNonNull(namespace);
    }

    private static SpawnerClient spawner() {
        return Objects.requireNonNull(process).client();
    }

    private static void create(String key, String spec) {
        Answer answer = spawner().put(key, spec);
        assertEquals(201, answer.status(), answer.text());
    }

    @Test
    void aStopWhileTheSessionIsMadeWins() {
        int lost = 0;
        for (int i = 0; i < 40; i++) {
            String key = "raced-" + i;
            CompletableFuture<Answer> made =
                    CompletableFuture.supplyAsync(() -> spawner().put(key, Agents.bash("sleep 600")));
            int status = spawner().delete(key, "PT1S").status();
            while (status == 204 && !made.isDone()) {
                status = spawner().delete(key, "PT1S").status();
            }
            Answer answer = made.join();
            if (answer.status() == 409) {
                assertEquals("session-stopping", answer.member("/code"), answer.text());
                lost++;
            } else {
                assertEquals(201, answer.status(), answer.text());
                assertTrue(
                        List.of(202, 204).contains(spawner().delete(key, "PT1S").status()));
            }
        }
        System.out.printf("stops that came between a pod and its Secret's end: %d of 40%n", lost);
    }

    @Test
    void aSecondStopLowersTheGraceAndDoesNotRaiseIt() {
        create("again", Agents.bash("trap '' TERM; echo up; for i in $(seq 200); do sleep 0.1; done"));
        await().atMost(SOON)
                .until(() -> spawner()
                        .get(SpawnerClient.path("again") + "/logs")
                        .text()
                        .contains("up"));
        assertEquals(202, spawner().delete("again", "PT15S").status());
        assertEquals(15, grace("again"));
        assertEquals(202, spawner().delete("again", "PT50S").status());
        assertEquals(15, grace("again"));
        assertEquals(202, spawner().delete("again", "PT2S").status());
        assertTrue(grace("again") <= 2, "a shorter grace holds");
    }

    private static long grace(String key) {
        return Objects.requireNonNull(namespace().pod(key)).getMetadata().getDeletionGracePeriodSeconds();
    }

    @Test
    void whatNoNodeHasTakenGoesAtOnce() {
        create("nowhere", Agents.spec("true", Map.of("resources", Map.of("ephemeralStorage", "900Ti"))));
        assertEquals(202, spawner().delete("nowhere", "PT1S").status());
        assertNull(namespace().pod("nowhere"));
        await().atMost(SOON).until(() -> spawner().delete("nowhere", "PT1S").status() == 204);
    }

    @Test
    void whatHasNoImageGoesToo() {
        create("no-image", "{\"image\":\"127.0.0.1:1/no/such:image\"}");
        await().atMost(SOON)
                .until(() -> spawner()
                        .get(SpawnerClient.path("no-image"))
                        .member("/reason")
                        .equals("registry-unavailable"));
        assertEquals(202, spawner().delete("no-image", "PT1S").status());
    }

    @Test
    void aStopReachesThePodThatAnotherSpawnerHasMadeAMomentAgo() {
        try (SpawnerProcess other = SpawnerProcess.start(namespace().settings()).awaitReady()) {
            for (int i = 0; i < 10; i++) {
                String key = "moved-" + i;
                create(key, Agents.spec("true", Map.of("resources", Map.of("ephemeralStorage", "900Ti"))));
                String former = spawner().get(SpawnerClient.path(key)).member("/pod/uid");
                other.client().delete(key, "PT1S");
                Answer again = await().atMost(SOON)
                        .pollInterval(Duration.ofMillis(10))
                        .until(
                                () -> other.client().put(key, Agents.bash("sleep 600")),
                                answer -> answer.status() == 201);
                assertNotEquals(former, again.member("/pod/uid"));
                assertEquals(202, spawner().delete(key, "PT1S").status());
            }
        }
    }
}
