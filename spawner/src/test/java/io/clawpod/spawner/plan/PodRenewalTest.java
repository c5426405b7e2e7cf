package io.clawpod.spawner.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.Labels;
import io.clawpod.spawner.testing.CaseFiles;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Pods that wait for their start, and pods that take the place of others; each golden pod is one. */
final class PodRenewalTest {
    private static Pod golden(String name) {
        return Serialization.unmarshal(
                CaseFiles.tree("pods/" + name + "/out.yaml").toString(), Pod.class);
    }

    /** As the API server has it once it was started, revoked and ended by its deadline. */
    private static Pod former(Pod planned) {
        return new PodBuilder(planned)
                .editMetadata()
                .withUid("uid")
                .withResourceVersion("7")
                .withGeneration(2L)
                .withCreationTimestamp("2026-01-02T03:04:05Z")
                .addToAnnotations(Labels.ANNOTATION_REVOKED, "2026-01-02T03:04:05Z")
                .addToAnnotations(Labels.ANNOTATION_STARTED, "2026-01-02T03:04:05Z")
                .addToAnnotations(Labels.ANNOTATION_END_REASON, "pull-timeout")
                .addToAnnotations(Labels.ANNOTATION_END_NOTE, "why")
                .addToAnnotations(Labels.ANNOTATION_LAST_HEARTBEAT, "2026-01-02T03:04:05Z")
                .addToAnnotations(Labels.ANNOTATION_HEARTBEAT_MISSING, "2026-01-02T03:04:05Z")
                .addToAnnotations(
                        Labels.ANNOTATION_DEADLINE,
                        planned.getSpec().getActiveDeadlineSeconds() == null
                                ? Labels.NO_DEADLINE
                                : planned.getSpec().getActiveDeadlineSeconds().toString())
                .endMetadata()
                .editSpec()
                .withActiveDeadlineSeconds(1L)
                .withNodeName("node")
                .withSchedulingGates()
                .endSpec()
                .withNewStatus()
                .withPhase("Succeeded")
                .endStatus()
                .build();
    }

    @TestFactory
    Stream<DynamicTest> aRenewedPodIsThePlannedOneWithAnotherSecret() {
        return CaseFiles.folders("pods").stream()
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    Pod planned = golden(name);
                    Pod former = former(planned);
                    Pod renewed = PodRenewal.of(former, "another-secret");
                    assertEquals(
                            "another-secret", TokenSecret.expectedBy(renewed).orElseThrow());
                    assertTrue(TokenSecret.isAwaitedBy(renewed));
                    assertFalse(StartGate.isOn(renewed));
                    TokenSecret.expect(planned, "another-secret");
                    assertEquals(
                            CaseFiles.YAML.readTree(Serialization.asYaml(planned)),
                            CaseFiles.YAML.readTree(Serialization.asYaml(renewed)));
                    // What is there is not changed.
                    assertEquals("agent-token", TokenSecret.expectedBy(former).orElseThrow());
                    assertTrue(former.getMetadata().getAnnotations().containsKey(Labels.ANNOTATION_REVOKED));
                }));
    }

    @Test
    void aHeldPodWaitsForItsTokenAndForItsStart() {
        Pod planned = golden("minimal");
        Pod held = StartGate.hold(planned);
        assertFalse(StartGate.isOn(planned));
        assertTrue(StartGate.isOn(held));
        assertTrue(TokenSecret.isAwaitedBy(held));
        assertEquals("[{\"name\":\"clawpod.io/start\"}]", StartGate.left(held));
        assertEquals("null", StartGate.left(planned));
    }

    @Test
    void gatesMayBeAnExplicitNull() {
        Pod pod = golden("minimal");
        pod.getSpec().setSchedulingGates(null);
        assertFalse(StartGate.isOn(pod));
        assertEquals("null", StartGate.left(pod));
    }

    @Test
    void theMarkOfOneThatRemovesItselfOutlivesARenewal() {
        Pod marked = StartGate.autoRemove(golden("minimal"));
        assertEquals("true", marked.getMetadata().getAnnotations().get(Labels.ANNOTATION_AUTO_REMOVE));
        assertEquals(
                "true",
                PodRenewal.of(former(marked), "s")
                        .getMetadata()
                        .getAnnotations()
                        .get(Labels.ANNOTATION_AUTO_REMOVE));
    }
}
