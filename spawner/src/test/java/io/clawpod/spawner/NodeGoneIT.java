package io.clawpod.spawner;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.clawpod.spawner.testing.Agents;
import io.clawpod.spawner.testing.Events;
import io.clawpod.spawner.testing.SpawnerClient;
import io.clawpod.spawner.testing.SpawnerClient.Answer;
import io.clawpod.spawner.testing.SpawnerProcess;
import io.clawpod.spawner.testing.TestNamespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A node that falls silent with sessions on it, and comes back: its kubelet is frozen and let go. Needs the cluster's own
 * machine, as root; CLAWPOD_TEST_CLUSTER says that it is this one. The controllers wait for 50 s before they call a node silent.
 */
class NodeGoneIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Duration NOTICED_WITHIN = Duration.ofMinutes(3);

    private static @Nullable TestNamespace namespace;
    private static @Nullable SpawnerProcess process;

    @BeforeAll
    static void start() {
        assumeTrue(TestNamespace.isClusterNamed(), "KUBECONFIG names no cluster to test against");
        assumeTrue(
                System.getenv("CLAWPOD_TEST_CLUSTER") != null && Files.exists(kubelet()),
                "the node's kubelet is not to be frozen from here");
        namespace = new TestNamespace("node-gone");
        process = SpawnerProcess.start(namespace().settings(), Map.of("CLAWPOD_REAP_NODE_GONE_AFTER", "PT3S"))
                .awaitReady();
    }

    @AfterAll
    static void stop() throws IOException, InterruptedException {
        if (process != null) {
            process.close();
        }
        if (namespace != null) {
            signal("CONT");
            awaitNode("True");
            namespace.close();
        }
    }

    private static Path kubelet() {
        return Path.of(System.getenv("KUBECONFIG")).resolveSibling("run").resolve("kubelet.pid");
    }

    private static void signal(String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder(
                        "kill", "-" + name, Files.readString(kubelet()).strip())
                .start();
        kill.waitFor(10, TimeUnit.SECONDS);
    }

    private static void awaitNode(String ready) {
        await("the node's Ready is " + ready)
                .atMost(NOTICED_WITHIN)
                .until(() -> namespace().client().nodes().list().getItems().stream()
                        .flatMap(node -> node.getStatus().getConditions().stream())
                        .filter(condition -> condition.getType().equals("Ready"))
                        .anyMatch(condition -> condition.getStatus().equals(ready)));
    }

    private static TestNamespace namespace() {
        return Objects.requireNonNull(namespace);
    }

    private static SpawnerClient spawner() {
        return Objects.requireNonNull(process).client();
    }

    private static void run(String key) {
        Answer answer = spawner().put(key, Agents.bash("sleep 600"));
        assertEquals(201, answer.status(), answer.text());
        awaitState(key, "running", "");
    }

    private static void awaitState(String key, String state, String reason) {
        await(key + " is " + state).atMost(NOTICED_WITHIN).until(() -> {
            Answer session = spawner().get(SpawnerClient.path(key));
            return session.member("/state").equals(state)
                    && session.member("/reason").equals(reason);
        });
    }

    @Test
    void whatIsToGoFromASilentNodeGoesAndWhatIsToStayIsLostUntilItComesBack() throws IOException, InterruptedException {
        run("stays");
        run("goes");
        String pod =
                Objects.requireNonNull(namespace().pod("goes")).getMetadata().getUid();
        signal("STOP");
        assertEquals(202, spawner().delete("goes", "PT1S").status());
        try (Events events = spawner().events(null)) {
            awaitState("stays", "unhealthy", "lost");
            await("what is to go goes")
                    .atMost(SOON)
                    .until(() -> spawner().get(SpawnerClient.path("goes")).status() == 404);
            events.next(event -> event.name().equals("removed") && event.key().equals("goes"));
        }
        await("its token goes too")
                .atMost(SOON)
                .until(() -> namespace().secretsOf("goes").isEmpty());

        // Its key is free at once, for a pod that waits for its node.
        Answer again = spawner().put("goes", Agents.bash("sleep 600"));
        assertEquals(201, again.status(), again.text());
        assertEquals("lost", spawner().get(SpawnerClient.path("stays")).member("/reason"));

        signal("CONT");
        awaitNode("True");
        awaitState("stays", "running", "");
        awaitState("goes", "running", "");
        assertEquals(
                false,
                pod.equals(Objects.requireNonNull(namespace().pod("goes"))
                        .getMetadata()
                        .getUid()));
    }
}
