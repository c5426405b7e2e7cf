package io.clawpod.spawner.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.api.SpecForm;
import io.clawpod.spawner.session.FileContent;
import io.clawpod.spawner.session.Mount;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.testing.CaseFiles;
import io.clawpod.spawner.testing.PlanSettings;
import io.clawpod.spawner.volume.VolumeRule;
import io.clawpod.spawner.volume.VolumeRules;
import io.clawpod.spawner.volume.VolumeSource;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What whole specs become. Where one becomes something else, that lies in {@code target/pods} for comparison. */
final class PlannerTest {
    private static final ClusterFacts FACTS = new ClusterFacts("10.96.0.31");
    private static final String SECRET = "agent-token";

    private final Planner planner = new Planner();

    record RefusedCase(
            String name,
            @Nullable ObjectNode settings,
            @Nullable Map<String, ClaimState> claims,
            ObjectNode spec,
            @Nullable String field,
            @Nullable String says) {}

    @TestFactory
    Stream<DynamicTest> aSpecBecomesExactlyItsPod() {
        return goldenCases(name -> {
            Plan.Planned planned = planned(name);
            String file = "pods/" + name + "/out.yaml";
            JsonNode actual = CaseFiles.YAML.readTree(Serialization.asYaml(planned.pod()));
            JsonNode expected = CaseFiles.tree(file);
            if (!actual.equals(expected)) {
                String left = "compare with " + CaseFiles.leave(file, actual);
                assertEquals(expected.toPrettyString(), actual.toPrettyString(), left);
            }
            List<String> warnings = new ArrayList<>();
            input(name).path("warnings").forEach(warning -> warnings.add(warning.asText()));
            assertEquals(warnings, planned.warnings());
        });
    }

    @TestFactory
    Stream<DynamicTest> aPodMeetsTheRestrictedStandardUnlessRootOrTheNodesDiskIsAskedFor() {
        return goldenCases(name -> {
            boolean restricted = input(name).path("restricted").asBoolean(true);
            List<String> violations =
                    RestrictedStandard.violations(planned(name).pod().getSpec());
            assertEquals(restricted, violations.isEmpty(), violations::toString);
        });
    }

    @TestFactory
    Stream<DynamicTest> noRequestIsAboveItsLimit() {
        return goldenCases(name -> {
            Container agent = planned(name).pod().getSpec().getContainers().get(0);
            agent.getResources().getRequests().forEach((resource, request) -> {
                Quantity limit = agent.getResources().getLimits().get(resource);
                assertTrue(
                        limit == null
                                || Quantity.getAmountInBytes(request).compareTo(Quantity.getAmountInBytes(limit)) <= 0,
                        resource);
            });
        });
    }

    @TestFactory
    Stream<DynamicTest> aPodIsGatedAndExpectsTheSecretThatItWasPlannedWith() {
        return goldenCases(name -> {
            Pod pod = planned(name).pod();
            assertTrue(TokenSecret.isAwaitedBy(pod));
            assertEquals(SECRET, TokenSecret.expectedBy(pod).orElseThrow());
        });
    }

    @TestFactory
    Stream<DynamicTest> theSameInputAlwaysGivesTheSamePlan() {
        return goldenCases(name -> {
            assertEquals(planned(name), planned(name));
            assertEquals(
                    Serialization.asYaml(planned(name).pod()),
                    Serialization.asYaml(planned(name).pod()));
        });
    }

    @TestFactory
    Stream<DynamicTest> aSpecThatCannotBeCarriedOutIsRefusedByItsField() {
        return CaseFiles.table("pods/refused.yaml", new TypeReference<List<RefusedCase>>() {}).stream()
                .map(refused -> DynamicTest.dynamicTest(refused.name(), () -> refuses(refused)));
    }

    private void refuses(RefusedCase refused) {
        ObjectNode spec = refused.spec().deepCopy().put("image", "registry.example/agent:1");
        Settings settings = PlanSettings.with(
                refused.settings() == null ? JsonNodeFactory.instance.objectNode() : refused.settings());
        SessionSpec asked = SpecForm.read(spec);
        Plan plan = planner.plan(
                SessionKey.of("i", "k"),
                asked,
                MountReview.asAsked(asked, settings.volumes()),
                SECRET,
                FACTS.withClaims(refused.claims() == null ? Map.of() : refused.claims()),
                settings);
        if (refused.field() == null) {
            assertInstanceOf(Plan.Planned.class, plan, plan::toString);
            return;
        }
        Plan.Refused fault = assertInstanceOf(Plan.Refused.class, plan, plan::toString);
        assertEquals(refused.field(), fault.fault().field());
        String message = String.valueOf(fault.fault().getMessage());
        assertTrue(message.contains(String.valueOf(refused.says())), message);
        assertFalse(message.contains("hunter2"), "shows a value that may be a secret: " + message);
    }

    @Test
    void whatTheHostDecidesOfMountsIsCarriedOutAndToldAndTheHashStaysThatOfTheSpec() {
        SessionSpec spec = SessionSpec.builder("registry.example/agent:1")
                .mount(new Mount("/opt/a", "/a", false))
                .mount(new Mount("/opt/b", "/b", false))
                .mount(new Mount("/opt/c", "/c", false))
                .mount(new Mount("/tmp/ca.pem", "/ca.pem", true))
                .build();
        VolumeRules rules = new VolumeRules(List.of(new VolumeRule("/opt", VolumeSource.parse("pvc:data", null))));
        FileContent content = FileContent.of("hunter2".getBytes(StandardCharsets.UTF_8));
        MountReview review = new MountReview(
                rules,
                List.of(
                        new MountDecision.Drop("it is under no allowed root"),
                        new MountDecision.Place("/opt/b", true, "the allowed root /opt may only be read"),
                        new MountDecision.Place("/opt/real", false, null),
                        new MountDecision.Carry(content, "/tmp/ca.pem", null)));
        Plan.Planned planned = assertInstanceOf(
                Plan.Planned.class,
                planner.plan(SessionKey.of("i", "k"), spec, review, SECRET, FACTS, PlanSettings.DEFAULTS));
        List<String> notes = List.of(
                "mounts[0] (/opt/a at /a) is left out: it is under no allowed root",
                "mounts[1] (/opt/b at /b) is read-only: the allowed root /opt may only be read");
        assertEquals(notes, planned.warnings());
        assertEquals(notes, planned.mountNotes());
        assertEquals(planner.hash(spec), planned.specHash());
        assertEquals(
                List.of("/b b true", "/c real null", "/ca.pem file-3 true"),
                planned.pod().getSpec().getContainers().get(0).getVolumeMounts().stream()
                        .map(mount -> mount.getMountPath() + " " + mount.getSubPath() + " " + mount.getReadOnly())
                        .toList());
        assertEquals(Map.of("file-3", content), planned.files());
        assertFalse(planned.toString().contains("hunter2"), planned.toString());
        assertEquals(Optional.of("/tmp/ca.pem"), PodFiles.source(planned.pod(), "file-3"));
        assertEquals(
                Optional.of(Map.of("file-3", content)),
                PodFiles.again(
                        planned.pod(), path -> path.equals("/tmp/ca.pem") ? Optional.of(content) : Optional.empty()));
        assertEquals(Optional.empty(), PodFiles.again(planned.pod(), path -> Optional.empty()));
    }

    @Test
    void aRefusedMountRefusesTheSessionByItsPlace() {
        SessionSpec spec = SessionSpec.builder("registry.example/agent:1")
                .mount(new Mount("/opt/a", "/a", false))
                .build();
        Plan plan = planner.plan(
                SessionKey.of("i", "k"),
                spec,
                new MountReview(
                        PlanSettings.DEFAULTS.volumes(), List.of(new MountDecision.Refuse("leads astray", "mount it"))),
                SECRET,
                FACTS,
                PlanSettings.DEFAULTS);
        assertEquals(
                "mounts[0].hostPath leads astray; mount it",
                assertInstanceOf(Plan.Refused.class, plan).fault().getMessage());
    }

    @Test
    void smallFilesThatAreTooLargeTogetherAreRefusedByTheOneThatIsTooMany() {
        FileContent large = FileContent.of(new byte[FileContent.MAX_BYTES]);
        SessionSpec.Builder spec = SessionSpec.builder("registry.example/agent:1");
        for (int i = 0; i < 4; i++) {
            spec.mount(new Mount("/x", "/f/" + i, true, large));
        }
        SessionSpec built = spec.build();
        Plan plan = planner.plan(
                SessionKey.of("i", "k"),
                built,
                MountReview.asAsked(built, PlanSettings.DEFAULTS.volumes()),
                SECRET,
                FACTS,
                PlanSettings.DEFAULTS);
        assertEquals(
                "mounts[3]", assertInstanceOf(Plan.Refused.class, plan).fault().field());
    }

    @Test
    void twoPodsOfOneKeyDifferInTheirSecretAlone() {
        SessionSpec spec = SessionSpec.builder("registry.example/agent:1").build();
        Plan.Planned one = planned(spec, "one");
        Plan.Planned two = planned(spec, "two");
        assertEquals(one.specHash(), two.specHash());
        assertNotEquals(one.pod(), two.pod());
        assertEquals(
                Serialization.asYaml(one.pod()),
                Serialization.asYaml(two.pod())
                        .replace("name: two", "name: one")
                        .replace("\"two\"", "\"one\""));
    }

    private Plan.Planned planned(SessionSpec spec, String secret) {
        return assertInstanceOf(
                Plan.Planned.class,
                planner.plan(
                        SessionKey.of("i", "k"),
                        spec,
                        MountReview.asAsked(spec, PlanSettings.DEFAULTS.volumes()),
                        secret,
                        FACTS,
                        PlanSettings.DEFAULTS));
    }

    private Plan.Planned planned(String name) {
        JsonNode in = input(name);
        SessionKey key =
                SessionKey.of(in.path("install").asText(), in.path("key").asText());
        SessionSpec spec = SpecForm.read(in.path("spec"));
        Settings settings = PlanSettings.with(in.path("settings"));
        Plan plan = planner.plan(key, spec, MountReview.asAsked(spec, settings.volumes()), SECRET, facts(in), settings);
        return assertInstanceOf(Plan.Planned.class, plan, plan::toString);
    }

    private static ClusterFacts facts(JsonNode in) {
        return FACTS.withClaims(CaseFiles.YAML.convertValue(
                in.withObjectProperty("claims"), new TypeReference<Map<String, ClaimState>>() {}));
    }

    private static JsonNode input(String name) {
        return CaseFiles.tree("pods/" + name + "/in.yaml");
    }

    interface GoldenCase {
        void check(String name) throws Exception;
    }

    private static Stream<DynamicTest> goldenCases(GoldenCase test) {
        return CaseFiles.folders("pods").stream().map(name -> DynamicTest.dynamicTest(name, () -> test.check(name)));
    }
}
