package io.clawpod.spawner.cluster;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.clawpod.common.SecretText;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.plan.ClusterFacts;
import io.clawpod.spawner.plan.MountReview;
import io.clawpod.spawner.plan.MountReviews;
import io.clawpod.spawner.plan.Plan;
import io.clawpod.spawner.plan.Planner;
import io.clawpod.spawner.plan.TokenSecret;
import io.clawpod.spawner.session.FileContent;
import io.clawpod.spawner.session.Mount;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.testing.MockCluster;
import io.clawpod.spawner.testing.PlanSettings;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pods whose maker was stopped between the pod and the end of its making. */
final class HalfMadeTest {
    private static final SessionKey KEY = SessionKey.of("acme", "one");
    private static final String SECRET = "one-secret";
    private static final FileContent CONTENT = FileContent.ofBase64("UEVN");

    private final MockCluster mock = new MockCluster();

    @SuppressWarnings("NullAway.Init")
    private KubernetesClient client;

    @SuppressWarnings("NullAway.Init")
    private PodEvents events;

    @SuppressWarnings("NullAway.Init")
    private HalfMade halfMade;

    @BeforeEach
    void start() {
        mock.start();
        client = mock.client();
        TokenIssuer tokens = new TokenIssuer(
                client,
                Clock.systemUTC(),
                "clawpod",
                "spawner-signing-key",
                "clawpod-spawner",
                Duration.ofDays(1),
                Duration.ofDays(30));
        await().until(() -> {
            tokens.refresh();
            return tokens.fault().isEmpty();
        });
        events = new PodEvents(client, Clock.systemUTC(), "test");
        halfMade = new HalfMade(
                new PodWrites(client, tokens), events, MountReviews.asAsked(PlanSettings.DEFAULTS.volumes()));
    }

    @AfterEach
    void stop() {
        events.close();
        client.close();
        mock.close();
    }

    private Pod makePod(@Nullable FileContent content) {
        SessionSpec.Builder spec = SessionSpec.builder("agent:1");
        if (content != null) {
            spec.mount(new Mount("/x", "/x", true, content));
        }
        SessionSpec built = spec.build();
        Plan plan = new Planner()
                .plan(
                        KEY,
                        built,
                        MountReview.asAsked(built, PlanSettings.DEFAULTS.volumes()),
                        SECRET,
                        new ClusterFacts("10.0.0.1"),
                        PlanSettings.DEFAULTS);
        return client.resource(assertInstanceOf(Plan.Planned.class, plan).pod()).create();
    }

    private @Nullable Pod pod() {
        return client.pods()
                .inNamespace("clawpod-agents")
                .withName(KEY.podName())
                .get();
    }

    private @Nullable Secret secret() {
        return client.secrets().inNamespace("clawpod-agents").withName(SECRET).get();
    }

    @Test
    void oneWithoutFilesIsCompleted() {
        halfMade.complete(makePod(null));
        assertFalse(TokenSecret.isAwaitedBy(Objects.requireNonNull(pod())));
        assertNotNull(secret());
    }

    @Test
    void oneWhoseSecretIsThereHasItsFilesToo() {
        Pod pod = makePod(CONTENT);
        client.resource(TokenSecret.of(pod, SECRET, SecretText.of("token"), Map.of("file-0", CONTENT)))
                .create();
        halfMade.complete(pod);
        assertFalse(TokenSecret.isAwaitedBy(Objects.requireNonNull(pod())));
        assertEquals(
                Map.of("file-0", "UEVN", "token", "dG9rZW4="),
                Objects.requireNonNull(secret()).getData());
    }

    @Test
    void oneWhoseFilesAreGoneIsTakenAwayAndToldOf() {
        halfMade.complete(makePod(CONTENT));
        assertNull(pod());
        await().until(() -> client.events().v1().events().inNamespace("clawpod-agents").list().getItems().stream()
                .anyMatch(event -> "SessionFilesLost".equals(event.getReason())));
    }
}
