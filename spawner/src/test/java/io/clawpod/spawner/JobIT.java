package io.clawpod.spawner;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.clawpod.common.SessionKey;
import io.clawpod.spawner.plan.TokenSecret;
import io.clawpod.spawner.testing.Agents;
import io.clawpod.spawner.testing.Events;
import io.clawpod.spawner.testing.InterceptedApiServer;
import io.clawpod.spawner.testing.InterceptedApiServer.Fate;
import io.clawpod.spawner.testing.SpawnerClient;
import io.clawpod.spawner.testing.SpawnerClient.Answer;
import io.clawpod.spawner.testing.SpawnerProcess;
import io.clawpod.spawner.testing.TestNamespace;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Sessions that Jobs carry, on a real cluster: pod after pod, each with a token of its own, and an end that is one. */
class JobIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    /** Kubernetes waits 10 s before the second try, 20 s before the third. */
    private static final Duration TRIES = Duration.ofSeconds(90);

    /** Prints the uid that the token names; the rest of the token stays where it is. */
    private static final String PRINT_UID = """
            p=${ANTHROPIC_API_KEY#*.}; p=${p%%.*}; p=${p//-/+}; p=${p//_//}
            while [ $((${#p} % 4)) -ne 0 ]; do p+==; done
            printf %s "$p" | base64 -d | grep -o '"uid":"[^"]*"'
            """;

    private static @Nullable TestNamespace namespace;
    private static @Nullable SpawnerProcess spawner;
    /** Comes to every pod as soon as the other does. */
    private static @Nullable SpawnerProcess rival;

    @BeforeAll
    static void start() {
        assumeTrue(TestNamespace.isClusterNamed(), "KUBECONFIG names no cluster to test against");
        namespace = new TestNamespace("job");
        spawner = SpawnerProcess.start(namespace.settings()).awaitReady();
        rival = SpawnerProcess.start(namespace.settings()).awaitReady();
    }

    @AfterAll
    static void stop() {
        for (SpawnerProcess process : Arrays.asList(spawner, rival)) {
            if (process != null) {
                process.close();
            }
        }
        if (namespace != null) {
            namespace.close();
        }
    }

    private static TestNamespace namespace() {
        return Objects.requireNonNull(namespace);
    }

    private static SpawnerClient client() {
        return Objects.requireNonNull(spawner).client();
    }

    private static String job(String script, int backoffLimit, Map<String, Object> more) {
        Map<String, Object> spec = new TreeMap<>(more);
        spec.put("restart", "job");
        spec.put("backoffLimit", backoffLimit);
        return Agents.spec(script, spec);
    }

    private static Answer create(String key, String spec) {
        Answer answer = client().put(key, spec);
        assertEquals(201, answer.status(), answer.text());
        return answer;
    }

    private static Answer session(String key) {
        return client().get(SpawnerClient.path(key));
    }

    private static Answer awaitState(String key, String state, Duration atMost) {
        return await().atMost(atMost)
                .pollInterval(Duration.ofMillis(100))
                .until(() -> session(key), answer -> answer.member("/state").equals(state));
    }

    private static Answer awaitReason(String key, String reason) {
        return await().atMost(SOON)
                .pollInterval(Duration.ofMillis(100))
                .until(() -> session(key), answer -> answer.member("/reason").equals(reason));
    }

    /** The pods of a session's Job, the oldest first. */
    private static List<Pod> pods(String key) {
        return namespace()
                .client()
                .pods()
                .inNamespace(namespace().name())
                .withLabel("batch.kubernetes.io/job-name", name(key))
                .list()
                .getItems()
                .stream()
                .sorted(Comparator.comparing(pod -> pod.getMetadata().getCreationTimestamp()))
                .toList();
    }

    private static String name(String key) {
        return SessionKey.of("it", key).podName();
    }

    private static boolean hasJob(String key) {
        return namespace()
                        .client()
                        .batch()
                        .v1()
                        .jobs()
                        .inNamespace(namespace().name())
                        .withName(name(key))
                        .get()
                != null;
    }

    private static void awaitNothingLeft(String key) {
        await().atMost(SOON)
                .until(() -> session(key).status() == 404
                        && !hasJob(key)
                        && pods(key).isEmpty()
                        && namespace().secretsOf(key).isEmpty());
    }

    private static String log(TestNamespace in, Pod pod) {
        return in.client()
                .pods()
                .inNamespace(in.name())
                .withName(pod.getMetadata().getName())
                .getLog();
    }

    private static void assertEachPodHasATokenOfItsOwn(String key) {
        for (Pod pod : pods(key)) {
            String log = log(namespace(), pod);
            assertTrue(
                    log.contains("\"uid\":\"" + pod.getMetadata().getUid() + "\""),
                    () -> pod.getMetadata().getName() + " has the token of another pod: " + log);
        }
    }

    @Test
    void anAgentThatFailsIsTriedAgainWithATokenOfItsOwnUntilItSucceeds() {
        long from = Instant.now().plusSeconds(25).getEpochSecond();
        create("again", job(PRINT_UID + "[ $(date +%s) -ge " + from + " ] || exit 3", 5, Map.of()));
        List<String> told = new ArrayList<>();
        Answer last = await().atMost(TRIES)
                .pollInterval(Duration.ofMillis(100))
                .until(
                        () -> {
                            Answer now = session("again");
                            told.add(now.member("/state") + " " + now.member("/reason"));
                            return now;
                        },
                        now -> now.member("/state").equals("ended"));
        assertEquals("completed", last.member("/reason"), last.text());
        assertEquals("0", last.member("/exitCode"));
        assertTrue(told.contains("pending restarting"), told::toString);
        List<Pod> pods = pods("again");
        assertTrue(pods.size() >= 2, () -> "tried " + pods.size() + " times");
        assertEquals(Integer.toString(pods.size() - 1), session("again").member("/job/failed"));
        assertEquals(pods.get(pods.size() - 1).getMetadata().getUid(), last.member("/pod/uid"));
        assertEachPodHasATokenOfItsOwn("again");
        assertEquals(1, namespace().secretsOf("again").size());
        // What the newest pod wrote is the session's log.
        String log = client().get(SpawnerClient.path("again") + "/logs").text();
        assertTrue(log.contains(last.member("/pod/uid")), log);
    }

    @Test
    void anAgentThatFailsTooOftenEndsItsSessionWithItsExitCode() {
        String spec = job("exit 7", 0, Map.of());
        Answer made = create("fails", spec);
        assertEquals("pending", made.member("/state"));
        assertEquals(name("fails"), made.member("/job/name"));
        Answer ended = awaitState("fails", "ended", SOON);
        assertEquals("error", ended.member("/reason"), ended.text());
        assertEquals("7", ended.member("/exitCode"));
        // The key is the Job's as it would be a pod's.
        assertEquals(200, client().put("fails", spec).status());
        assertEquals(
                "session-conflict",
                client().put("fails", job("exit 7", 1, Map.of())).member("/code"));
        assertEquals(
                "session-conflict", client().put("fails", Agents.bash("exit 7")).member("/code"));
        client().delete("fails", "PT1S");
        awaitNothingLeft("fails");
    }

    @Test
    void aStopBetweenTwoTriesLeavesNothing() {
        create("between", job("exit 1", 3, Map.of()));
        awaitReason("between", "restarting");
        Answer answer = client().delete("between", "PT1S");
        assertEquals(202, answer.status(), answer.text());
        awaitNothingLeft("between");
    }

    @Test
    void aStoppedAgentHasItsGraceAndNoOtherComes() {
        create("stopped", job("trap 'sleep 2; exit 5' TERM; echo up; while :; do sleep 0.1; done", 3, Map.of()));
        awaitState("stopped", "running", SOON);
        // It handles no signal before.
        await().atMost(SOON)
                .until(() -> client().get(SpawnerClient.path("stopped") + "/logs")
                        .text()
                        .contains("up"));
        try (var events = client().events(null)) {
            assertEquals(202, client().delete("stopped", "PT20S").status());
            assertEquals("stopping", session("stopped").member("/state"));
            var removed = events.next(
                    event -> event.name().equals("removed") && event.key().equals("stopped"));
            assertEquals("stopped", removed.data().at("/reason").asText(), removed.toString());
            assertEquals(5, removed.data().at("/exitCode").asInt(), removed.toString());
        }
        awaitNothingLeft("stopped");
    }

    @Test
    void aPodThatIsTakenAwayIsReplacedAndItsSessionGoesOn() {
        create("evicted", job(PRINT_UID + "exec sleep 600", 3, Map.of()));
        Answer first = awaitState("evicted", "running", SOON);
        namespace()
                .client()
                .pods()
                .inNamespace(namespace().name())
                .withName(first.member("/pod/name"))
                .withGracePeriod(1)
                .delete();
        await().atMost(TRIES).pollInterval(Duration.ofMillis(100)).until(() -> {
            Answer now = session("evicted");
            assertNotEquals("ended", now.member("/state"), now.text());
            return now.member("/state").equals("running")
                    && !now.member("/pod/uid").equals(first.member("/pod/uid"));
        });
        await().atMost(SOON).untilAsserted(() -> assertEachPodHasATokenOfItsOwn("evicted"));
        client().delete("evicted", "PT1S");
        awaitNothingLeft("evicted");
    }

    @Test
    void aJobThatItsHostDoesNotNameGoesWithAllItHas() {
        create("orphan", job("sleep 600", 3, Map.of()));
        awaitState("orphan", "running", SOON);
        try (Events events = client().events(null)) {
            Answer swept = client().call("POST", "/v1/installs/it/sweep", "{\"keep\":[]}");
            assertEquals("orphan", swept.member("/ended/0"), swept.text());
            Events.Event stopping = events.next(event -> event.key().equals("orphan")
                    && event.data().path("reason").asText().equals("orphaned"));
            assertEquals("stopping", stopping.state());
        }
        awaitNothingLeft("orphan");
    }

    @Test
    void aDeadlineEndsAllTriesTogether() {
        create("late", job("trap 'exit 4' TERM; while :; do sleep 0.1; done", 3, deadline("PT6S")));
        Answer ended = awaitState("late", "ended", SOON);
        assertEquals("deadline", ended.member("/reason"), ended.text());
        assertTrue(hasJob("late"));
    }

    private static Map<String, Object> deadline(String deadline) {
        return Map.of("lifetime", Map.of("deadline", deadline));
    }

    @Test
    void aJobGoesByItselfOnceItsRetentionIsOver() {
        create("kept", job("true", 0, Map.of("lifetime", Map.of("retention", "PT1S"))));
        awaitState("kept", "ended", SOON);
        awaitNothingLeft("kept");
    }

    @Test
    void aRevokedSessionIsNotTriedAgain() {
        create("revoked", job("sleep 4; exit 9", 3, Map.of()));
        awaitState("revoked", "running", SOON);
        Answer revoked = client().call("POST", SpawnerClient.path("revoked") + "/revoke", null);
        assertEquals(200, revoked.status(), revoked.text());
        assertFalse(revoked.member("/revokedAt").isEmpty(), revoked.text());
        Answer ended = awaitState("revoked", "ended", TRIES);
        assertEquals("stopped", ended.member("/reason"), ended.text());
        // The second pod never ran.
        assertEquals(
                List.of(),
                pods("revoked").stream()
                        .filter(pod -> pod.getSpec().getNodeName() != null)
                        .skip(1)
                        .toList());
    }

    @Test
    void aPodWhoseSpawnerWasKilledBeforeItsTokenNeverRunsUntilAnotherSpawnerCompletesIt() {
        String spec = job(PRINT_UID, 0, Map.of());
        try (TestNamespace apart = new TestNamespace("job-killed");
                InterceptedApiServer apiServer = new InterceptedApiServer()) {
            try (SpawnerProcess killed = SpawnerProcess.start(apart.settings(), apiServer.settings())) {
                killed.awaitReady();
                apiServer.onSecret(number -> {
                    killed.kill();
                    return Fate.DROP;
                });
                killed.client().put("killed", spec);
                await().until(() -> !killed.isAlive());
            } catch (UncheckedIOException e) {
                // It may be killed before it has answered.
            }
            assertEquals(List.of(), apart.secretsOf("killed"));
            Pod half = apart.client()
                    .pods()
                    .inNamespace(apart.name())
                    .list()
                    .getItems()
                    .get(0);
            assertTrue(TokenSecret.isAwaitedBy(half));
            try (SpawnerProcess other = SpawnerProcess.start(apart.settings()).awaitReady()) {
                assertEquals(200, other.client().put("killed", spec).status());
                await().atMost(SOON)
                        .until(() -> other.client()
                                .get(SpawnerClient.path("killed"))
                                .member("/reason")
                                .equals("completed"));
            }
            String log = log(apart, half);
            assertTrue(log.contains(half.getMetadata().getUid()), log);
        }
    }

    @Test
    void whatAJobCannotDoIsRefused() {
        Answer answer = client().put("asks", job("true", 11, Map.of()));
        assertEquals("invalid-spec", answer.member("/code"), answer.text());
        assertEquals(404, session("asks").status());
    }
}
