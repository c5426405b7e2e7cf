package io.clawpod.spawner;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.clawpod.spawner.testing.Agents;
import io.clawpod.spawner.testing.Events;
import io.clawpod.spawner.testing.SpawnerClient;
import io.clawpod.spawner.testing.SpawnerClient.Answer;
import io.clawpod.spawner.testing.SpawnerProcess;
import io.clawpod.spawner.testing.TestNamespace;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Agents that give heartbeats, cease to, and begin again, on a real cluster. */
class HeartbeatIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String BEAT = "while true; do touch /tmp/hb; sleep 1; done";

    private static @Nullable TestNamespace namespace;
    private static @Nullable SpawnerProcess spawner;

    @BeforeAll
    static void start() {
        assumeTrue(TestNamespace.isClusterNamed(), "KUBECONFIG names no cluster to test against");
        TestNamespace made = new TestNamespace("heartbeat");
        namespace = made;
        spawner = SpawnerProcess.start(
                        made.settings(),
                        Map.of("CLAWPOD_HEARTBEAT_READ_EVERY", "PT3S", "CLAWPOD_POD_TERMINATION_GRACE", "PT1S"))
                .awaitReady();
    }

    @AfterAll
    static void stop() {
        if (spawner != null) {
            spawner.close();
        }
        if (namespace != null) {
            namespace.close();
        }
    }

    private static SpawnerClient client() {
        return Objects.requireNonNull(spawner).client();
    }

    private static Answer create(String key, String script, Map<String, Object> more) {
        Answer answer = client().put(key, Agents.spec(script, more));
        assertEquals(201, answer.status(), answer.text());
        return answer;
    }

    private static Map<String, Object> heartbeat(String maxAge, String onStale) {
        return Map.of("file", "/tmp/hb", "maxAge", maxAge, "onStale", onStale);
    }

    private static Answer session(String key) {
        return client().get(SpawnerClient.path(key));
    }

    private static void awaitState(String key, String state) {
        await().atMost(SOON)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> session(key).member("/state").equals(state));
    }

    private static boolean is(Events.Event event, String key, String state, String reason) {
        return event.key().equals(key)
                && event.state().equals(state)
                && event.data().path("reason").asText("").equals(reason);
    }

    private static void awaitEvent(String key, String reason) {
        TestNamespace agents = Objects.requireNonNull(namespace);
        await().atMost(SOON)
                .until(() ->
                        agents.client().events().v1().events().inNamespace(agents.name()).list().getItems().stream()
                                .anyMatch(event -> event.getReason().equals(reason)
                                        && event.getRegarding().getName().startsWith(key + "-")));
    }

    private static void awaitReaped(String reason) {
        await().atMost(SOON)
                .until(() -> client().get("/q/metrics")
                        .text()
                        .contains("clawpod_reaped_total{reason=\"" + reason + "\"} 1.0"));
    }

    @Test
    void oneThatCeasesIsSeenByAWatchAndOneThatBeginsAgainToo() {
        Clock clock = Clock.systemUTC();
        try (Events events = client().events(null)) {
            create(
                    "ceases",
                    "for i in 1 2 3 4 5 6 7 8; do touch /tmp/hb; sleep 1; done; sleep 20; " + BEAT,
                    Map.of("heartbeat", heartbeat("PT4S", "report")));
            events.next(event -> is(event, "ceases", "running", ""));
            Events.Event stale = events.next(event -> is(event, "ceases", "unhealthy", "heartbeat-stale"));
            Instant seen = clock.instant();
            Instant last = Instant.parse(stale.data().path("lastHeartbeat").asText());
            System.out.printf(
                    "stale seen %s after it had become so, last heartbeat %s%n",
                    Duration.between(last.plusSeconds(5), seen), last);
            assertTrue(last.isBefore(seen));
            assertTrue(client().get("/q/metrics").text().contains("clawpod_heartbeat_stale 1.0"));
            events.next(event -> is(event, "ceases", "running", ""));
            await().atMost(SOON)
                    .until(() -> Instant.parse(session("ceases").member("/lastHeartbeat"))
                            .isAfter(last.plusSeconds(15)));
        }
        Instant now = Instant.parse(session("ceases").member("/lastHeartbeat"));
        await().atMost(SOON)
                .until(() -> Instant.parse(session("ceases").member("/lastHeartbeat"))
                        .isAfter(now));
    }

    @Test
    void oneThatIsToEndWithItsHeartbeatDoesAndSaysWhy() {
        try (Events events = client().events(null)) {
            create("ends", "touch /tmp/hb; sleep 600", Map.of("heartbeat", heartbeat("PT4S", "end")));
            events.next(event -> is(event, "ends", "unhealthy", "heartbeat-stale"));
            events.next(event -> is(event, "ends", "stopping", "heartbeat-stale"));
            Events.Event ended = events.next(event -> is(event, "ends", "ended", "heartbeat-stale"));
            assertTrue(ended.data().path("message").asText().contains("PT4S"), ended.data()::toString);
        }
        awaitEvent("ends", "SessionHeartbeatStale");
        awaitReaped("heartbeat-stale");
    }

    @Test
    void anIdleOneEndsAndOneThatBeatsOrCannotBeToldDoesNot() {
        Map<String, Object> idle = Map.of("idle", "PT6S");
        Map<String, Object> beats = heartbeat("PT1H", "report");
        try (Events events = client().events(null)) {
            create("beats", BEAT, Map.of("heartbeat", beats, "lifetime", idle));
            Answer untold = create("untold", "sleep 600", Map.of("lifetime", idle));
            assertTrue(untold.member("/warnings/0").contains("lifetime.idle"), untold.text());
            create(
                    "idles",
                    "for i in 1 2 3; do touch /tmp/hb; sleep 1; done; sleep 600",
                    Map.of("heartbeat", beats, "lifetime", idle));
            events.next(event -> is(event, "idles", "running", ""));
            events.next(event -> is(event, "idles", "stopping", "idle"));
            Events.Event ended = events.next(event -> is(event, "idles", "ended", "idle"));
            System.out.printf(
                    "idle after 6 s: started %s, last heartbeat %s, ended %s%n",
                    ended.data().path("startedAt").asText(),
                    ended.data().path("lastHeartbeat").asText(),
                    ended.data().path("endedAt").asText());
        }
        awaitEvent("idles", "SessionIdle");
        awaitReaped("idle");
        // It has been there for longer than the one that ended.
        assertEquals("running", session("beats").member("/state"));
        assertEquals("running", session("untold").member("/state"));
    }

    @Test
    void oneThatNeverBeganIsStaleUntilItDoes() {
        try (Events events = client().events(null)) {
            create("late", "sleep 15; " + BEAT, Map.of("heartbeat", heartbeat("PT4S", "report")));
            events.next(event -> is(event, "late", "running", ""));
            Events.Event stale = events.next(event -> is(event, "late", "unhealthy", "heartbeat-stale"));
            assertTrue(stale.data().path("lastHeartbeat").isMissingNode(), stale.data()::toString);
            events.next(event -> is(event, "late", "running", ""));
        }
        await().atMost(SOON)
                .until(() -> !session("late").member("/lastHeartbeat").isEmpty());
        // Another test counts those that are stale, as this one may be again on a busy node.
        assertEquals(202, client().delete("late", "PT1S").status());
        await().atMost(SOON).until(() -> session("late").status() == 404);
    }

    @Test
    void aDeadlineEndsASessionAndSaysSo() {
        create("deadline", "sleep 600", Map.of("lifetime", Map.of("deadline", "PT3S")));
        awaitState("deadline", "ended");
        assertEquals("deadline", session("deadline").member("/reason"));
    }

    @Test
    void whatIsWrongIsRefusedByItsFieldBeforeAnythingIsMade() {
        Answer relative = client().put("wrong", Agents.spec("true", Map.of("heartbeat", Map.of("file", "hb"))));
        assertEquals(422, relative.status(), relative.text());
        assertTrue(relative.member("/detail").startsWith("heartbeat.file is not an absolute path"), relative.text());
        Answer kept = client().put("wrong", Agents.spec("true", Map.of("lifetime", Map.of("retention", "P8D"))));
        assertEquals(422, kept.status(), kept.text());
        assertTrue(kept.member("/detail").startsWith("lifetime.retention"), kept.text());
        assertEquals(404, session("wrong").status());
    }
}
