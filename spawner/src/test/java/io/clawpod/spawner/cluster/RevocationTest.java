package io.clawpod.spawner.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.Labels;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Session;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

@EnableKubernetesMockClient(crud = true)
class RevocationTest {
    private static final SessionKey KEY = SessionKey.of("3f2a9c1e", "chat");
    private static final Instant AT = Instant.parse("2026-01-02T03:04:05.250Z");

    @SuppressWarnings("NullAway.Init") // set by the extension
    KubernetesClient client;

    private PodWrites writes() {
        TokenIssuer tokens = new TokenIssuer(
                client, Clock.systemUTC(), "clawpod", "key", "clawpod-spawner", Duration.ofDays(1), Duration.ofDays(1));
        return new PodWrites(client, tokens);
    }

    private Pod pod() {
        return client.resource(new PodBuilder()
                        .withNewMetadata()
                        .withName(KEY.podName())
                        .withNamespace("agents")
                        .addToLabels(Labels.MANAGED_BY, Labels.MANAGED_BY_SPAWNER)
                        .addToLabels(Labels.INSTALL, KEY.install().value())
                        .addToAnnotations(Labels.ANNOTATION_KEY, KEY.key())
                        .addToAnnotations(Labels.ANNOTATION_SPEC_HASH, "0".repeat(64))
                        .endMetadata()
                        .withNewSpec()
                        .addNewContainer()
                        .withName("agent")
                        .withImage("agent")
                        .endContainer()
                        .endSpec()
                        .build())
                .create();
    }

    @Test
    void thePodSaysSinceWhenAndTheSessionShowsIt() {
        Pod made = pod();
        assertNull(Classifier.classify(made).orElseThrow().revokedAt());
        Pod revoked = writes().revoke(
                        "agents", KEY.podName(), made.getMetadata().getUid(), AT)
                .orElseThrow();
        assertEquals(AT.toString(), revoked.getMetadata().getAnnotations().get("clawpod.io/revoked"));
        Session session = Classifier.classify(revoked).orElseThrow();
        assertEquals(AT, session.revokedAt());
        assertEquals(KEY, session.key());
    }

    @Test
    void thereIsNothingToRevokeInAPodThatIsGone() {
        assertEquals(Optional.empty(), writes().revoke("agents", KEY.podName(), "uid", AT));
    }

    @Test
    void aTimeThatCannotBeReadStillRevokes() {
        Pod pod = new PodBuilder(pod())
                .editMetadata()
                .addToAnnotations(Labels.ANNOTATION_REVOKED, "yes")
                .endMetadata()
                .build();
        assertNotNull(Classifier.classify(pod).orElseThrow().revokedAt());
        assertTrue(Classifier.classify(pod).isPresent());
        assertFalse(Classifier.classify(pod).orElseThrow().hasEnded());
    }
}
