package io.clawpod.spawner.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.clawpod.common.Labels;
import io.clawpod.spawner.api.SpecForm;
import io.clawpod.spawner.plan.StartGate;
import io.clawpod.spawner.session.HostAlias;
import io.clawpod.spawner.session.Mount;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionDetail;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.testing.CaseFiles;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Each golden pod, read back, is what its session asked for. */
final class PodDescriptionTest {
    private static Pod made(String name) {
        Pod planned = Serialization.unmarshal(
                CaseFiles.tree("pods/" + name + "/out.yaml").toString(), Pod.class);
        return new PodBuilder(planned)
                .editMetadata()
                .withUid("uid")
                .withCreationTimestamp("2026-01-02T03:04:05Z")
                .endMetadata()
                .build();
    }

    private static SessionDetail detail(Pod pod) {
        return PodDescription.detail(Classifier.classify(pod).orElseThrow(), pod);
    }

    interface GoldenCase {
        void check(JsonNode in, SessionSpec spec, Pod pod);
    }

    private static Stream<DynamicTest> golden(GoldenCase test) {
        return CaseFiles.folders("pods").stream()
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    JsonNode in = CaseFiles.tree("pods/" + name + "/in.yaml");
                    test.check(in, SpecForm.read(in.path("spec")), made(name));
                }));
    }

    @TestFactory
    Stream<DynamicTest> whatTheAgentRunsIsReadBack() {
        return golden((in, spec, pod) -> {
            SessionDetail detail = detail(pod);
            assertEquals(spec.command(), detail.command());
            assertEquals(spec.args(), detail.args());
            assertEquals(spec.workdir(), detail.workdir());
            assertEquals(spec.restart(), detail.restart());
            JsonNode everyAgents = in.path("settings").path("agentEnv");
            spec.env().forEach((variable, value) -> {
                // Those that lead to the proxy are ours.
                if (!variable.startsWith("ANTHROPIC_")
                        && !variable.startsWith("CLAUDE_CODE_OAUTH_")
                        && !everyAgents.has(variable)) {
                    assertEquals(value, detail.env().get(variable), variable);
                }
            });
            assertFalse(detail.env().containsKey("ANTHROPIC_API_KEY"), "what comes from a Secret is left out");
            everyAgents
                    .properties()
                    .forEach(variable -> assertEquals(
                            !variable.getValue().asText().contains("{token}"),
                            detail.env().containsKey(variable.getKey()),
                            variable::toString));
            Session.Container container = PodDescription.container(pod);
            assertEquals(spec.stdin(), container.stdin());
            assertEquals(spec.tty(), container.tty());
            assertFalse(container.autoRemove());
            assertEquals(
                    new Session.Container(
                            String.join(
                                    " ",
                                    Stream.concat(spec.command().stream(), spec.args().stream())
                                            .toList()),
                            spec.stdin(),
                            spec.tty(),
                            false),
                    container);
        });
    }

    @TestFactory
    Stream<DynamicTest> whoItRunsAsAndWhatItMayUseIsReadBack() {
        return golden((in, spec, pod) -> {
            SessionDetail detail = detail(pod);
            if (spec.user() != null) {
                assertTrue(
                        detail.user().equals(spec.user().toString())
                                || detail.user().startsWith(spec.user().uid() + ":"),
                        detail.user());
            }
            if (spec.resources().cpuMillis() != null) {
                assertEquals(spec.resources().cpuMillis(), detail.cpuMillis());
            }
            if (spec.resources().memoryBytes() != null) {
                assertEquals(spec.resources().memoryBytes(), detail.memoryBytes());
            }
            assertEquals(0, detail.restartCount());
            assertEquals(pod.getSpec().getTerminationGracePeriodSeconds(), detail.stopGraceSeconds());
        });
    }

    @TestFactory
    Stream<DynamicTest> whatItMountsIsReadBackByItsPlace() {
        return golden((in, spec, pod) -> {
            Map<String, SessionDetail.Volume> found = new LinkedHashMap<>();
            detail(pod).mounts().forEach(mount -> found.put(mount.containerPath(), mount));
            for (Mount mount : spec.mounts()) {
                SessionDetail.Volume volume =
                        Objects.requireNonNull(found.get(mount.containerPath()), mount.toString());
                assertEquals(mount.readOnly(), volume.readOnly(), mount.toString());
                if (mount.content() != null) {
                    assertEquals("file", volume.kind());
                    assertEquals("", volume.source(), "its caller sent it");
                    continue;
                }
                assertTrue(List.of("claim", "nfs", "hostPath").contains(volume.kind()), volume.kind());
                assertFalse(volume.source().isEmpty());
            }
            spec.tmpfs()
                    .forEach(tmpfs -> assertEquals(
                            "memory",
                            Objects.requireNonNull(found.get(tmpfs.path())).kind()));
        });
    }

    @TestFactory
    Stream<DynamicTest> whatItIsCalledIsReadBackVerbatim() {
        return golden((in, spec, pod) -> {
            Map<String, String> labels = PodDescription.labels(pod);
            spec.labels().forEach((name, value) -> assertEquals(value, labels.get(name), name));
            assertEquals(in.path("install").asText(), labels.get(Labels.INSTALL));
            assertEquals(spec.group(), labels.get(Labels.GROUP));
            assertEquals(spec.role(), labels.get(Labels.ROLE));
            assertTrue(labels.keySet().stream().noneMatch(name -> name.startsWith("clawpod.io/")), labels::toString);
            Map<String, List<String>> aliases = detail(pod).hostAliases();
            for (HostAlias alias : spec.hostAliases()) {
                assertTrue(
                        aliases.values().stream().anyMatch(names -> names.contains(alias.hostname())), alias::toString);
            }
        });
    }

    @Test
    void theMarkOfOneThatRemovesItselfIsReadBack() {
        assertTrue(
                PodDescription.container(StartGate.autoRemove(made("minimal"))).autoRemove());
    }

    @Test
    void theImageThatRunsIsKnownOnceItRuns() {
        assertEquals(null, detail(made("minimal")).imageId());
        Pod running = new PodBuilder(made("minimal"))
                .withNewStatus()
                .addNewContainerStatus()
                .withName("agent")
                .withImageID("registry.example/agent@sha256:0")
                .withRestartCount(3)
                .endContainerStatus()
                .endStatus()
                .build();
        assertEquals("registry.example/agent@sha256:0", detail(running).imageId());
        assertEquals(3, detail(running).restartCount());
    }
}
