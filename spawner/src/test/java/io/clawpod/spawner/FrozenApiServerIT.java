package io.clawpod.spawner;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.clawpod.spawner.testing.Agents;
import io.clawpod.spawner.testing.Events;
import io.clawpod.spawner.testing.Events.Event;
import io.clawpod.spawner.testing.SpawnerClient;
import io.clawpod.spawner.testing.SpawnerClient.Answer;
import io.clawpod.spawner.testing.SpawnerProcess;
import io.clawpod.spawner.testing.TestNamespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * An API server that hangs, or goes and comes back. Needs a cluster whose API server can be frozen: CLAWPOD_TEST_CLUSTER
 * names the script that does it.
 */
class FrozenApiServerIT {
    private static final Duration NOTICED_WITHIN = Duration.ofSeconds(21);
    /** Half of the spawner's own patience with the API server. */
    private static final Duration ANSWERED_WITHIN = Duration.ofSeconds(5);

    private static final Duration BACK_WITHIN = Duration.ofSeconds(30);

    private static @Nullable TestNamespace namespace;
    private static @Nullable SpawnerProcess process;
    private static int enginePort;

    @BeforeAll
    static void start() {
        assumeTrue(TestNamespace.isClusterNamed(), "KUBECONFIG names no cluster to test against");
        assumeTrue(
                System.getenv("CLAWPOD_TEST_CLUSTER") != null,
                "CLAWPOD_TEST_CLUSTER names no script that freezes the API server");
        namespace = new TestNamespace("frozen");
        enginePort = SpawnerProcess.freePort();
        process = SpawnerProcess.start(
                        namespace.settings(), Map.of("CLAWPOD_DOCKER_ENGINE_LISTEN", "tcp://127.0.0.1:" + enginePort))
                .awaitReady();
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

    private static SpawnerClient spawner() {
        return Objects.requireNonNull(process).client();
    }

    private static void cluster(String command) {
        try {
            Process script = new ProcessBuilder(System.getenv("CLAWPOD_TEST_CLUSTER"), command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            assertTrue(script.waitFor(100, TimeUnit.SECONDS), command + " does not end");
            assertEquals(0, script.exitValue(), command);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static boolean isReady() {
        return Objects.requireNonNull(process).isReady();
    }

    /** Makes a session that runs, and tells the last event that a reader has seen of it. */
    private static String runningAndSeen(String key, String script) {
        try (Events events = spawner().events(null)) {
            events.next(e -> e.name().equals("synced"));
            Answer created = spawner().put(key, Agents.bash(script));
            assertEquals(201, created.status(), created.text());
            return Objects.requireNonNull(
                    events.next(e -> e.key().equals(key) && e.state().equals("running"))
                            .id());
        }
    }

    private static Event nextOf(Events events, String key) {
        Event first = events.next();
        // What another test has stopped may go meanwhile.
        assertTrue(Set.of("session", "removed").contains(first.name()), "no gap, so no resync");
        return first.key().equals(key) && first.state().equals("ended")
                ? first
                : events.next(e -> e.key().equals(key) && e.state().equals("ended"));
    }

    @Test
    void whileTheApiServerHangsNothingStaleIsToldAndAfterwardsNothingIsMissed() {
        String last = runningAndSeen("frozen", "sleep 6; exit 4");
        long frozen = System.nanoTime();
        cluster("pause-apiserver");
        try {
            await().atMost(NOTICED_WITHIN).pollInterval(Duration.ofMillis(200)).until(() -> !isReady());
            System.out.printf(
                    "frozen API server noticed after %d ms%n",
                    Duration.ofNanos(System.nanoTime() - frozen).toMillis());
            for (String path : new String[] {SpawnerClient.path("frozen"), "/v1/sessions", "/v1/sessions?watch"}) {
                Answer answer = spawner().get(path);
                assertEquals(503, answer.status(), answer.text());
                assertEquals("not-ready", answer.member("/code"));
            }
            assertEquals(503, spawner().put("other", Agents.bash("true")).status());
            assertTrue(
                    Objects.requireNonNull(process).readiness().text().contains("has not answered"),
                    Objects.requireNonNull(process).readiness().text());
        } finally {
            cluster("resume-apiserver");
        }
        await().atMost(BACK_WITHIN).until(FrozenApiServerIT::isReady);
        try (Events events = spawner().events(last)) {
            assertEquals(4, nextOf(events, "frozen").data().path("exitCode").asInt());
        }
    }

    /** What docker stop -t 1 sends; the answer has to come well before a call of the API server would give up. */
    private static HttpResponse<String> dockerStop(String name) {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + enginePort + "/v1.48/containers/" + name + "/stop?t=1"))
                .header("Authorization", "Bearer " + SpawnerProcess.TOKEN)
                .timeout(ANSWERED_WITHIN)
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        try {
            return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aStopByDockerIsAnsweredInItsTimeWhileTheApiServerHangs() {
        runningAndSeen("stopped", "sleep 600");
        cluster("pause-apiserver");
        try {
            HttpResponse<String> answer = dockerStop("stopped");
            assertEquals(503, answer.statusCode(), answer.body());
            assertTrue(answer.body().contains("may still run"), answer.body());
        } finally {
            cluster("resume-apiserver");
        }
        await().atMost(BACK_WITHIN).until(FrozenApiServerIT::isReady);
        // An API server that has just come back may take longer to stop it than this call waits.
        await("it can be stopped")
                .atMost(BACK_WITHIN)
                .ignoreException(UncheckedIOException.class)
                .untilAsserted(() -> {
                    HttpResponse<String> answer = dockerStop("stopped");
                    assertTrue(List.of(204, 304).contains(answer.statusCode()), answer.body());
                });
    }

    @Test
    void aRestartOfTheApiServerLosesNothing() {
        String last = runningAndSeen("restarted", "sleep 10; exit 5");
        cluster("restart-apiserver");
        await().atMost(BACK_WITHIN).until(FrozenApiServerIT::isReady);
        try (Events events = spawner().events(last)) {
            assertEquals(5, nextOf(events, "restarted").data().path("exitCode").asInt());
        }
        assertEquals(201, spawner().put("after", Agents.bash("true")).status());
    }
}
