package io.clawpod.spawner;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.clawpod.spawner.plan.TokenSecret;
import io.clawpod.spawner.testing.Agents;
import io.clawpod.spawner.testing.InterceptedApiServer;
import io.clawpod.spawner.testing.InterceptedApiServer.Fate;
import io.clawpod.spawner.testing.SpawnerClient;
import io.clawpod.spawner.testing.SpawnerClient.Answer;
import io.clawpod.spawner.testing.SpawnerProcess;
import io.clawpod.spawner.testing.TestNamespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Nothing half made stays or runs: the second of the two writes that make a session goes wrong in every way. */
class HalfMadeIT {
    private static final Duration SOON = Duration.ofSeconds(60);

    private static @Nullable TestNamespace namespace;
    private static @Nullable InterceptedApiServer apiServer;

    @BeforeAll
    static void start() {
        assumeTrue(TestNamespace.isClusterNamed(), "KUBECONFIG names no cluster to test against");
        namespace = new TestNamespace("half-made");
        apiServer = new InterceptedApiServer();
    }

    @AfterAll
    static void stop() {
        if (apiServer != null) {
            apiServer.close();
        }
        if (namespace != null) {
            namespace.close();
        }
    }

    private static TestNamespace namespace() {
        return Objects.requireNonNull(namespace);
    }

    private static InterceptedApiServer apiServer() {
        return Objects.requireNonNull(apiServer);
    }

    @Test
    void aPodWhoseSpawnerWasKilledBeforeItsSecretNeverRunsUntilAnotherSpawnerCompletesIt() {
        String spec = Agents.bash("echo ran; sleep 600");
        Pod half;
        try (SpawnerProcess killed =
                SpawnerProcess.start(namespace().settings(), apiServer().settings())) {
            killed.awaitReady();
            apiServer().onSecret(number -> {
                killed.kill();
                return Fate.DROP;
            });
            assertThrows(UncheckedIOException.class, () -> killed.client().put("killed", spec));
            await().until(() -> !killed.isAlive());
            half = namespace().pod("killed");
        }
        assertNotNull(half);
        assertTrue(TokenSecret.isAwaitedBy(half));
        assertEquals(List.of(), namespace().secretsOf("killed"));
        await().atMost(SOON)
                .until(() -> "SchedulingGated".equals(scheduling(namespace().pod("killed"))));
        assertNull(Objects.requireNonNull(namespace().pod("killed")).getSpec().getNodeName());

        try (SpawnerProcess other = SpawnerProcess.start(namespace().settings()).awaitReady()) {
            // The caller that got no answer asks again, and gets the pod that is there.
            Answer again = other.client().put("killed", spec);
            assertEquals(200, again.status(), again.text());
            assertEquals(half.getMetadata().getUid(), again.member("/pod/uid"));
            await().atMost(SOON)
                    .until(() -> other.client()
                            .get(SpawnerClient.path("killed"))
                            .member("/state")
                            .equals("running"));
        }
        Pod whole = Objects.requireNonNull(namespace().pod("killed"));
        assertEquals(half.getMetadata().getUid(), whole.getMetadata().getUid());
        assertEquals(1, namespace().secretsOf("killed").size());
        Secret secret = namespace().secretsOf("killed").get(0);
        assertEquals(
                TokenSecret.expectedBy(whole).orElseThrow(),
                secret.getMetadata().getName());
        assertEquals(
                whole.getMetadata().getUid(),
                secret.getMetadata().getOwnerReferences().get(0).getUid());
    }

    private static @Nullable String scheduling(@Nullable Pod pod) {
        return pod == null
                ? null
                : pod.getStatus().getConditions().stream()
                        .filter(condition -> condition.getType().equals("PodScheduled"))
                        .map(condition -> condition.getReason())
                        .findFirst()
                        .orElse(null);
    }

    @ParameterizedTest
    @EnumSource(value = Fate.class, names = "PASS", mode = EnumSource.Mode.EXCLUDE)
    void aSecretThatCannotBeWrittenIsAProblemAndNeitherPodNorSecretStays(Fate fate) {
        String key = "cannot-" + fate;
        try (SpawnerProcess spawner = SpawnerProcess.start(
                        namespace().settings(), apiServer().settings())
                .awaitReady()) {
            apiServer().onSecret(number -> fate);
            Answer answer = spawner.client().put(key, Agents.bash("true"));
            assertEquals(503, answer.status(), answer.text());
            assertEquals("cluster-unavailable", answer.member("/code"));
            assertTrue(answer.member("/detail").contains("Secret"), answer.text());
            await().atMost(SOON).until(() -> namespace().pod(key) == null);
            // A Secret that was written all the same goes with its pod.
            await().atMost(SOON).until(() -> namespace().secretsOf(key).isEmpty());
            // And once it can be written again, the same request goes through.
            apiServer().onSecret(number -> Fate.PASS);
            await().atMost(SOON)
                    .until(() -> spawner.client().put(key, Agents.bash("true")).status() == 201);
            assertEquals(1, namespace().secretsOf(key).size());
        }
    }
}
