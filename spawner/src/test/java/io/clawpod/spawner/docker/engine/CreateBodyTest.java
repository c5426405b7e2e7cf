package io.clawpod.spawner.docker.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import io.clawpod.common.InstallSlug;
import io.clawpod.spawner.docker.DockerRun;
import io.clawpod.spawner.docker.Translation;
import io.clawpod.spawner.plan.Planner;
import io.clawpod.spawner.testing.CaseFiles;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What the docker command line 28.2.2 sends for an argv becomes the same session as the argv itself. */
final class CreateBodyTest {
    private static final String FOLDER = "docker-engine/create";

    private final DockerRun dockerRun = new DockerRun(new InstallSlug("0a0b0c0d"), null, () -> "chosen");
    private final Planner planner = new Planner();

    /**
     * @param field of the body that is to blame
     * @param says words of the answer
     */
    record RefusedCase(String name, String field, String says) {}

    /** @param argv what the body comes to, without {@code run} before and the image behind; else the refusal */
    record BodyCase(
            String name,
            JsonNode body,
            @Nullable List<String> argv,
            @Nullable String refusal) {}

    private static Map<String, RefusedCase> refused() {
        Map<String, RefusedCase> refused = new LinkedHashMap<>();
        CaseFiles.table("docker-engine/create-refused.yaml", new TypeReference<List<RefusedCase>>() {})
                .forEach(row -> refused.put(row.name(), row));
        return refused;
    }

    private static CreateBody.Argv read(JsonNode recorded) {
        JsonNode query = recorded.path("query");
        return CreateBody.read(recorded.path("body"), text(query.path("name")), text(query.path("platform")));
    }

    private static @Nullable String text(JsonNode node) {
        return node.isMissingNode() ? null : node.asText();
    }

    private static List<String> argv(JsonNode recorded) {
        List<String> argv = new ArrayList<>();
        recorded.path("argv").forEach(element -> argv.add(element.asText()));
        return argv;
    }

    @TestFactory
    Stream<DynamicTest> aRecordedBodyBecomesTheSessionOfItsArgv() {
        Map<String, RefusedCase> refused = refused();
        return CaseFiles.files(FOLDER).stream()
                .filter(file -> !refused.containsKey(file.replace(".json", "")))
                .map(file -> DynamicTest.dynamicTest(file, () -> {
                    JsonNode recorded = CaseFiles.tree(FOLDER + "/" + file);
                    CreateBody.Argv read = read(recorded);
                    assertEquals(read.argv().size(), read.fields().size());
                    Translation.Translated wanted = translated(dockerRun.translate(sorted(argv(recorded))));
                    Translation.Translated got = translated(dockerRun.translate(read.argv()));
                    assertEquals(wanted.spec(), got.spec());
                    assertEquals(wanted.key(), got.key());
                    assertEquals(planner.hash(wanted.spec()), planner.hash(got.spec()));
                    assertEquals(argv(recorded).contains("--rm"), read.autoRemove());
                }));
    }

    /** The docker command line keeps what -v names in a Go map, and sends it in another order each time. */
    private static List<String> sorted(List<String> argv) {
        List<Integer> places = IntStream.range(1, argv.indexOf("-v") < 0 ? 1 : argv.size())
                .filter(i -> argv.get(i - 1).equals("-v"))
                .boxed()
                .toList();
        List<String> volumes = places.stream().map(argv::get).sorted().toList();
        List<String> sorted = new ArrayList<>(argv);
        for (int i = 0; i < volumes.size(); i++) {
            sorted.set(places.get(i), volumes.get(i));
        }
        return sorted;
    }

    private static Translation.Translated translated(Translation translation) {
        return assertInstanceOf(
                Translation.Translated.class,
                translation,
                () -> translation.report().refused().toString());
    }

    @TestFactory
    Stream<DynamicTest> whatNoPodCanDoIsRefusedByItsField() {
        return refused().values().stream()
                .map(refused -> DynamicTest.dynamicTest(refused.name(), () -> {
                    JsonNode recorded = CaseFiles.tree(FOLDER + "/" + refused.name() + ".json");
                    // The argv alone is refused too, so neither way lets more through.
                    assertInstanceOf(Translation.Refused.class, dockerRun.translate(argv(recorded)));
                    String message = message(recorded);
                    assertTrue(message.startsWith(refused.field() + ": "), message);
                    assertTrue(message.contains(refused.says()), message);
                }));
    }

    private String message(JsonNode recorded) {
        CreateBody.Argv read;
        try {
            read = read(recorded);
        } catch (EngineRefusal refusal) {
            assertEquals(400, refusal.status());
            return String.valueOf(refusal.getMessage());
        }
        Translation.Refused refused = assertInstanceOf(
                Translation.Refused.class,
                dockerRun.translate(read.argv()),
                () -> read.argv().toString());
        return Lifecycle.inFields(refused.first(), read.fields());
    }

    @TestFactory
    Stream<DynamicTest> aBodyBecomesTheFlagsThatSayTheSame() {
        return CaseFiles.table("docker-engine/create-bodies.yaml", new TypeReference<List<BodyCase>>() {}).stream()
                .map(row -> DynamicTest.dynamicTest(row.name(), () -> {
                    if (row.argv() == null) {
                        EngineRefusal refusal =
                                assertThrows(EngineRefusal.class, () -> CreateBody.read(row.body(), null, null));
                        assertEquals(400, refusal.status());
                        assertEquals(row.refusal(), refusal.getMessage());
                    } else {
                        List<String> argv =
                                CreateBody.read(row.body(), null, null).argv();
                        assertEquals(row.argv(), argv.subList(1, argv.size()));
                    }
                }));
    }

    @Test
    void eachElementHasTheFieldThatItComesFrom() {
        CreateBody.Argv read = read(CaseFiles.tree(FOLDER + "/mount-bind.json"));
        assertEquals(
                List.of(
                        "",
                        "name",
                        "HostConfig.NetworkMode",
                        "HostConfig.Mounts[0]",
                        "HostConfig.Mounts[1]",
                        "Image",
                        "Image"),
                read.fields());
    }
}
