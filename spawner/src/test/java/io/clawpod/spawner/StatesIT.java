package io.clawpod.spawner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.clawpod.common.SessionKey;
import io.clawpod.spawner.testing.Agents;
import io.clawpod.spawner.testing.Events;
import io.clawpod.spawner.testing.Events.Event;
import io.clawpod.spawner.testing.FaultyRegistry;
import io.clawpod.spawner.testing.SpawnerClient;
import io.clawpod.spawner.testing.SpawnerClient.Answer;
import io.clawpod.spawner.testing.SpawnerProcess;
import io.clawpod.spawner.testing.TestNamespace;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.scheduling.v1.PriorityClass;
import io.fabric8.kubernetes.api.model.scheduling.v1.PriorityClassBuilder;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each state that a cluster of one node can produce, produced there; and the ends of those that do not come to run. */
class StatesIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    /** What a kubelet may take to fail a pod whose deadline is over. */
    private static final Duration FAILED_WITHIN = Duration.ofSeconds(20);

    private static @Nullable TestNamespace namespace;
    private static @Nullable SpawnerProcess process;
    private static @Nullable PriorityClass low;
    private static @Nullable PriorityClass higher;

    @BeforeAll
    static void start() {
        assumeTrue(TestNamespace.isClusterNamed(), "KUBECONFIG names no cluster to test against");
        TestNamespace made = new TestNamespace("states");
        namespace = made;
        // Both are below what pods have that name none, so that no pod of others has to give way.
        low = priority(made, "low", -1000);
        higher = priority(made, "higher", -500);
        process = SpawnerProcess.start(
                        made.settings(),
                        Map.of(
                                "CLAWPOD_POD_PRIORITY_CLASS", low.getMetadata().getName(),
                                "CLAWPOD_BUDGET_SCHEDULE", "PT6S",
                                "CLAWPOD_BUDGET_PULL", "PT10S",
                                // Of all sessions here, also those that are to run: more than a busy node takes.
                                "CLAWPOD_BUDGET_START", "PT20S",
                                "CLAWPOD_BUDGET_IMAGE_ERROR", "PT3S"))
                .awaitReady();
    }

    private static PriorityClass priority(TestNamespace made, String name, int value) {
        return made.client()
                .resource(new PriorityClassBuilder()
                        .withNewMetadata()
                        .withName(made.name() + "-" + name)
                        .endMetadata()
                        .withValue(value)
                        .build())
                .create();
    }

    @AfterAll
    static void stop() {
        if (process != null) {
            process.close();
        }
        if (namespace != null) {
            if (low != null && higher != null) {
                namespace.client().resource(low).delete();
                namespace.client().resource(higher).delete();
            }
            namespace.close();
        }
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

    private static Answer await(String key, String state, String reason, Duration within) {
        return Awaitility.await(key + " is " + state + " " + reason)
                .atMost(within)
                .pollInterval(Duration.ofMillis(50))
                .until(
                        () -> spawner().get(SpawnerClient.path(key)),
                        answer -> answer.member("/state").equals(state)
                                && answer.member("/reason").equals(reason));
    }

    private static Answer awaitEnd(String key, String reason) {
        return await(key, "ended", reason, SOON);
    }

    /** As the spawner would have made it, but for what its specs cannot say. */
    private static void createByHand(String key, Container agent, List<Container> before) {
        SessionKey session = SessionKey.of("it", key);
        namespace()
                .client()
                .resource(new PodBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace().name())
                        .withName(session.podName())
                        .withLabels(Map.of(
                                "app.kubernetes.io/managed-by", "clawpod-spawner",
                                "app.kubernetes.io/component", "agent",
                                "nanoclaw-install", "it"))
                        .withAnnotations(Map.of(
                                "clawpod.io/key",
                                key,
                                "clawpod.io/retention",
                                "PT1H",
                                "clawpod.io/spec-hash",
                                "0".repeat(64)))
                        .endMetadata()
                        .withNewSpec()
                        .withServiceAccountName("agent")
                        .withAutomountServiceAccountToken(false)
                        .withRestartPolicy("Never")
                        .withNewSecurityContext()
                        .withRunAsNonRoot(true)
                        .withRunAsUser(1000L)
                        .withNewSeccompProfile(null, "RuntimeDefault")
                        .endSecurityContext()
                        .withInitContainers(before)
                        .withContainers(agent)
                        .endSpec()
                        .build())
                .create();
    }

    private static ContainerBuilder container(String name, String script) {
        return new ContainerBuilder()
                .withName(name)
                .withImage(Agents.IMAGE)
                .withImagePullPolicy("IfNotPresent")
                .withCommand("bash", "-c", script)
                .withNewSecurityContext()
                .withAllowPrivilegeEscalation(false)
                .withNewCapabilities()
                .withDrop("ALL")
                .endCapabilities()
                .endSecurityContext();
    }

    // --- on the way ---

    @ParameterizedTest
    @CsvSource({
        "none/such:1, image-not-found, image-not-found",
        "locked/agent:1, image-denied, image-denied",
        "arm/agent:1, image-platform, image-platform"
    })
    void anImageThatCannotBeHadEndsItsSessionSoon(String image, String waits, String ends) {
        String address = FaultyRegistry.address();
        assumeTrue(address != null, "CLAWPOD_TEST_CLUSTER names no cluster that can be told of registries");
        try (FaultyRegistry registry = new FaultyRegistry(Objects.requireNonNull(address))) {
            create(waits, "{\"image\":\"" + registry.host() + "/" + image + "\"}");
            Answer waiting = await(waits, "pending", waits, SOON);
            assertTrue(waiting.member("/message").contains(image), waiting.text());
            Answer ended = await(waits, "ended", ends, Duration.ofSeconds(3).plus(FAILED_WITHIN));
            assertTrue(ended.member("/message").contains("PT3S"), ended.text());
            assertTrue(ended.json().path("exitCode").isMissingNode(), ended.text());
        }
        assertEquals(202, spawner().delete(waits, "PT1S").status());
        Awaitility.await().atMost(SOON).until(() -> namespace().secretsOf(waits).isEmpty());
    }

    @Test
    void aRegistryThatIsDownIsWaitedForUntilTheBudgetIsOver() {
        create("down", "{\"image\":\"127.0.0.1:1/no/such:image\"}");
        await("down", "pending", "registry-unavailable", SOON);
        Answer ended = awaitEnd("down", "pull-timeout");
        assertTrue(ended.member("/message").contains("127.0.0.1:1/no/such:image"), ended.text());
    }

    @Test
    void whatNoNodeCanTakeGoesAfterItsBudgetAndItsWatchersReadWhy() {
        try (Events events = spawner().events(null)) {
            create("large", Agents.spec("true", Map.of("resources", Map.of("ephemeralStorage", "900Ti"))));
            Answer waiting = await("large", "pending", "unscheduled", SOON);
            assertEquals("", waiting.member("/pod/node"));
            Event removed =
                    events.next(e -> e.name().equals("removed") && e.key().equals("large"));
            assertEquals("schedule-timeout", removed.data().path("reason").asText(), removed.toString());
            assertTrue(removed.data().path("message").asText().contains("ephemeral-storage"), removed.toString());
        }
        Awaitility.await()
                .atMost(SOON)
                .until(() -> namespace().secretsOf("large").isEmpty());
    }

    @Test
    void aContainerThatCannotBeMadeEndsAfterItsBudget() {
        createByHand(
                "config",
                container("agent", "true")
                        .addNewEnv()
                        .withName("A")
                        .withNewValueFrom()
                        .withNewConfigMapKeyRef("a", "nosuch", false)
                        .endValueFrom()
                        .endEnv()
                        .build(),
                List.of());
        await("config", "pending", "config-error", SOON);
        Answer ended = awaitEnd("config", "start-timeout");
        assertTrue(ended.member("/message").contains("nosuch"), ended.text());
    }

    @Test
    void whatFailsBeforeTheAgentIsToldWithItsExitCodeAndItsWords() {
        createByHand(
                "init",
                container("agent", "true").build(),
                List.of(container("ownership", "echo not mine >/dev/termination-log; exit 3")
                        .build()));
        Answer ended = awaitEnd("init", "init-failed");
        assertEquals(3, ended.json().path("exitCode").asInt());
        assertTrue(ended.member("/message").endsWith("ownership ended with exit code 3: not mine"), ended.text());
    }

    // --- by the agent ---

    @Test
    void anAgentThatEndsBeforeItsFirstHeartbeatHasCompleted() {
        create("early", Agents.spec("exit 0", Map.of("heartbeat", Map.of("file", "/tmp/heartbeat", "maxAge", "PT1M"))));
        assertEquals(0, awaitEnd("early", "completed").json().path("exitCode").asInt(-1));
    }

    @Test
    void anAgentThatNeedsTooMuchMemoryIsKilled() {
        create(
                "oom",
                Agents.spec(
                        "a=$(head -c 200000000 /dev/zero | tr '\\0' x)",
                        Map.of("resources", Map.of("memory", "32Mi"))));
        assertEquals(137, awaitEnd("oom", "oom-killed").json().path("exitCode").asInt());
    }

    @Test
    void anAgentThatFailsIsMadeAnewAndItsRestartsAreCounted() {
        create("loop", Agents.spec("exit 5", Map.of("restart", "on-failure")));
        Answer waiting = Awaitility.await()
                .atMost(SOON)
                .until(
                        () -> spawner().get(SpawnerClient.path("loop")),
                        answer -> answer.member("/reason").equals("restarting")
                                && answer.json().path("restarts").asInt() > 0
                                && answer.member("/state").equals("pending"));
        assertTrue(waiting.member("/message").contains("back-off"), waiting.text());
    }

    // --- by the cluster ---

    @Test
    void anAgentThatTakesTooMuchDiskIsEvicted() {
        create(
                "disk",
                Agents.spec(
                        "head -c 30000000 /dev/zero > /tmp/f; sleep 600",
                        Map.of("resources", Map.of("ephemeralStorage", "5Mi"))));
        Answer ended = awaitEnd("disk", "evicted");
        assertTrue(ended.member("/message").contains("ephemeral"), ended.text());
    }

    @Test
    void anAgentWhoseDeadlinePassesIsEnded() {
        create("deadline", Agents.spec("sleep 600", Map.of("lifetime", Map.of("deadline", "PT3S"))));
        awaitEnd("deadline", "deadline");
    }

    @Test
    void anAgentWhoseNodeIsDrainedIsToldSo() {
        create("drained", Agents.bash("trap 'exit 7' TERM; echo up; while :; do sleep 0.1; done"));
        Awaitility.await()
                .atMost(SOON)
                .until(() -> spawner()
                        .get(SpawnerClient.path("drained") + "/logs")
                        .text()
                        .contains("up"));
        try (Events events = spawner().events(null)) {
            assertTrue(namespace()
                    .client()
                    .pods()
                    .inNamespace(namespace().name())
                    .withName(pod("drained").getMetadata().getName())
                    .evict());
            Event removed =
                    events.next(e -> e.name().equals("removed") && e.key().equals("drained"));
            assertEquals("drained", removed.data().path("reason").asText(), removed.toString());
            assertEquals(7, removed.data().path("exitCode").asInt());
        }
    }

    @Test
    void anAgentThatGivesWayToAnotherPodIsToldSo() {
        List<Node> nodes = namespace().client().nodes().list().getItems();
        assumeTrue(nodes.size() == 1, "a second node would take the other pod");
        // More than half of what the node has, and that no other pod here asks for.
        String most = Quantity.getAmountInBytes(
                                nodes.get(0).getStatus().getAllocatable().get("ephemeral-storage"))
                        .multiply(new BigDecimal("0.6"))
                        .toBigInteger()
                + "";
        create("gives-way", Agents.spec("sleep 600", Map.of("resources", Map.of("ephemeralStorage", most))));
        await("gives-way", "running", "", SOON);
        try (Events events = spawner().events(null)) {
            Pod other = new PodBuilder(pod("gives-way"))
                    .withNewMetadata()
                    .withNamespace(namespace().name())
                    .withName("other")
                    .endMetadata()
                    .editSpec()
                    .withNodeName(null)
                    .withPriority(null)
                    .withPriorityClassName(
                            Objects.requireNonNull(higher).getMetadata().getName())
                    .editFirstContainer()
                    .withEnv()
                    .endContainer()
                    .endSpec()
                    .withStatus(null)
                    .build();
            namespace().client().resource(other).create();
            Event removed =
                    events.next(e -> e.name().equals("removed") && e.key().equals("gives-way"));
            assertEquals("preempted", removed.data().path("reason").asText(), removed.toString());
        }
    }

    private static Pod pod(String key) {
        return Objects.requireNonNull(namespace().pod(key));
    }
}
