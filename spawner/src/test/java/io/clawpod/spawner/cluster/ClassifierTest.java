package io.clawpod.spawner.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.testing.CaseFiles;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Reads pods as an API server gave them; each file says what it has to come to. */
final class ClassifierTest {
    private static final List<String> TOLD = List.of("state", "reason", "exitCode", "signal");

    record ForeignCase(
            String name,
            @Nullable Map<String, @Nullable String> labels,
            @Nullable Map<String, @Nullable String> annotations,
            @Nullable String pod) {}

    @TestFactory
    Stream<DynamicTest> aPodsStatusTellsWhereItsSessionIs() {
        return CaseFiles.files("status").stream().map(file -> DynamicTest.dynamicTest(file, () -> tells(file)));
    }

    private static void tells(String file) {
        JsonNode recorded = CaseFiles.tree("status/" + file);
        Pod pod = pod(recorded.path("pod"));
        JsonNode expected = recorded.path("expected");
        Session session = Classifier.classify(pod).orElseThrow();
        Map<String, @Nullable Object> shown = shown(session);
        // What is not named must be absent, for the members that tell how a session ended.
        TOLD.forEach(member -> assertEquals(text(expected.get(member)), text(shown.get(member)), member));
        expected.properties().forEach(member -> {
            assertTrue(shown.containsKey(member.getKey()), member.getKey());
            assertEquals(text(member.getValue()), text(shown.get(member.getKey())), member.getKey());
        });
    }

    private static Map<String, @Nullable Object> shown(Session session) {
        Map<String, @Nullable Object> shown = new TreeMap<>();
        shown.put("state", session.state().code());
        shown.put("reason", session.reason() == null ? null : session.reason().code());
        shown.put("message", session.message());
        shown.put("exitCode", session.exitCode());
        shown.put("signal", session.signal());
        shown.put("startedAt", session.startedAt());
        shown.put("endedAt", session.endedAt());
        shown.put("lastHeartbeat", session.signs().lastHeartbeat());
        shown.put("staleSince", session.signs().staleSince());
        shown.put("health", session.health());
        shown.put("node", session.pod().node());
        shown.put("ip", session.pod().ip());
        shown.put("since", session.since());
        shown.put("restarts", session.restarts());
        return shown;
    }

    private static @Nullable String text(@Nullable Object value) {
        if (value instanceof JsonNode node) {
            return node.isNull() ? null : node.asText();
        }
        return value == null ? null : value.toString();
    }

    @Test
    void onlyAnEndedSessionHasAnEnd() {
        for (String file : CaseFiles.files("status")) {
            Session session = Classifier.classify(
                            pod(CaseFiles.tree("status/" + file).path("pod")))
                    .orElseThrow();
            boolean told = session.exitCode() != null || session.signal() != null || session.endedAt() != null;
            assertTrue(session.hasEnded() || !told, file);
        }
    }

    @Test
    void whatIsNotOfTheStatusIsReadFromThePodToo() {
        Pod pod = running();
        pod.getMetadata().getAnnotations().put("clawpod.io/group", "Familie Müller");
        pod.getMetadata().getAnnotations().put("clawpod.io/role", "main");
        Session session = Classifier.classify(pod).orElseThrow();
        assertEquals(SessionKey.of("3f2a9c1e", "running"), session.key());
        assertEquals("Familie Müller", session.group());
        assertEquals("main", session.role());
        assertEquals("clawpod-test/agent:1", session.image());
        assertEquals(
                pod.getMetadata().getAnnotations().get("clawpod.io/spec-hash"),
                session.specHash().value());
        assertEquals(Instant.parse(pod.getMetadata().getCreationTimestamp()), session.createdAt());
        assertEquals(pod.getMetadata().getUid(), session.pod().uid());
        assertEquals("running-511dc79898", session.pod().name());
        assertEquals("clawpod-agents", session.pod().namespace());
    }

    @TestFactory
    Stream<DynamicTest> aPodThatIsNotOursIsNoSession() {
        return CaseFiles.table("foreign-pods.yaml", new TypeReference<List<ForeignCase>>() {}).stream()
                .map(foreign -> DynamicTest.dynamicTest(
                        foreign.name(), () -> assertEquals(Optional.empty(), Classifier.classify(changed(foreign)))));
    }

    private static Pod changed(ForeignCase foreign) {
        ObjectNode pod = (ObjectNode) CaseFiles.tree("status/running.yaml").path("pod");
        ObjectNode metadata = (ObjectNode) pod.path("metadata");
        Map<String, @Nullable String> labels = foreign.labels();
        Map<String, @Nullable String> annotations = foreign.annotations();
        if (foreign.name().startsWith("no ") && labels == null && annotations == null) {
            metadata.remove(foreign.name().substring("no ".length()));
        }
        change((ObjectNode) metadata.get("labels"), labels);
        change((ObjectNode) metadata.get("annotations"), annotations);
        if (foreign.pod() != null) {
            metadata.put("name", foreign.pod());
        }
        return pod(pod);
    }

    private static void change(@Nullable ObjectNode texts, @Nullable Map<String, @Nullable String> changes) {
        if (texts != null && changes != null) {
            changes.forEach((name, value) -> {
                texts.remove(name);
                if (value != null) {
                    texts.put(name, value);
                }
            });
        }
    }

    private static Pod running() {
        return pod(CaseFiles.tree("status/running.yaml").path("pod"));
    }

    private static Pod pod(JsonNode pod) {
        return Serialization.unmarshal(pod.toString(), Pod.class);
    }
}
