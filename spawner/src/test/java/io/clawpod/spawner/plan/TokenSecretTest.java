package io.clawpod.spawner.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.SecretText;
import io.clawpod.spawner.session.FileContent;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class TokenSecretTest {
    private static PodBuilder pod() {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("clawpod-agents")
                .withName("a-0123456789")
                .withUid("u")
                .addToLabels("nanoclaw-install", "3f2a9c1e")
                .endMetadata()
                .withNewSpec()
                .endSpec();
    }

    @Test
    void smallFilesAreInItBesideTheToken() {
        Secret secret = TokenSecret.of(
                pod().build(),
                "a-0123456789-xyz",
                SecretText.of("t"),
                Map.of("file-0", FileContent.of("PEM".getBytes(StandardCharsets.UTF_8))));
        assertEquals(Map.of("token", "dA==", "file-0", "UEVN"), secret.getData());
    }

    @Test
    void theSecretGoesWhenItsPodGoesAndCannotBeChanged() {
        Secret secret = TokenSecret.of(pod().build(), "a-0123456789-xyz", SecretText.of("t"), Map.of());
        assertEquals("clawpod-agents", secret.getMetadata().getNamespace());
        assertEquals("a-0123456789-xyz", secret.getMetadata().getName());
        assertEquals(
                List.of(new OwnerReferenceBuilder()
                        .withApiVersion("v1")
                        .withKind("Pod")
                        .withName("a-0123456789")
                        .withUid("u")
                        .build()),
                secret.getMetadata().getOwnerReferences());
        assertEquals(
                Map.of("app.kubernetes.io/managed-by", "clawpod-spawner", "nanoclaw-install", "3f2a9c1e"),
                secret.getMetadata().getLabels());
        assertTrue(secret.getImmutable());
        assertEquals(Map.of("token", "dA=="), secret.getData());
    }

    @Test
    void onlyOurGateIsOurs() {
        Pod gated = pod().editSpec()
                .addNewSchedulingGate("clawpod.io/session-token")
                .endSpec()
                .build();
        Pod foreign =
                pod().editSpec().addNewSchedulingGate("example/other").endSpec().build();
        assertTrue(TokenSecret.isAwaitedBy(gated));
        assertFalse(TokenSecret.isAwaitedBy(foreign));
        assertFalse(TokenSecret.isAwaitedBy(pod().build()));
    }

    @Test
    void aPodThatWasNotPlannedHereExpectsNoSecret() {
        Pod sidecar = pod().editSpec()
                .addNewContainer()
                .withName("sidecar")
                .addNewEnv()
                .withName("ANTHROPIC_API_KEY")
                .withNewValueFrom()
                .withNewSecretKeyRef("token", "s", false)
                .endValueFrom()
                .endEnv()
                .endContainer()
                .endSpec()
                .build();
        Pod literal = pod().editSpec()
                .addNewContainer()
                .withName("agent")
                .addNewEnv()
                .withName("ANTHROPIC_API_KEY")
                .withValue("placeholder")
                .endEnv()
                .endContainer()
                .endSpec()
                .build();
        assertEquals(Optional.empty(), TokenSecret.expectedBy(pod().build()));
        assertEquals(Optional.empty(), TokenSecret.expectedBy(sidecar));
        assertEquals(Optional.empty(), TokenSecret.expectedBy(literal));
    }
}
