package io.clawpod.spawner.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clawpod.spawner.api.SpecForm;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.session.SpecHash;
import io.clawpod.spawner.testing.CaseFiles;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class SpecHashesTest {
    private final SpecHashes hashes = new SpecHashes();
    private final JsonNode cases = CaseFiles.tree("spec-hash.yaml");

    private SpecHash hash(JsonNode spec) {
        return hashes.of(SpecForm.read(spec));
    }

    @Test
    void aHashStaysTheSameInEveryVersion() {
        // A pod that an older version made is only adopted while this holds: a change here is a breaking change.
        assertEquals(cases.path("full-hash").asText(), hash(cases.path("full")).value());
        assertEquals(
                cases.path("minimal-hash").asText(), hash(cases.path("minimal")).value());
    }

    @Test
    void aFieldThatIsNotGivenIsAFieldWithItsDefault() {
        assertEquals(hash(cases.path("minimal")), hash(cases.path("minimal-in-full")));
    }

    @Test
    void theOrderInWhichNamesAreGivenDoesNotMatter() {
        assertEquals(hash(cases.path("full")), hash(reversed(cases.path("full"))));
    }

    private static JsonNode reversed(JsonNode node) {
        if (!node.isObject()) {
            if (node instanceof ArrayNode array) {
                ArrayNode same = array.deepCopy().removeAll();
                array.forEach(item -> same.add(reversed(item)));
                return same;
            }
            return node;
        }
        ObjectNode reversed = CaseFiles.YAML.createObjectNode();
        Set<String> backwards = new TreeSet<>((a, b) -> b.compareTo(a));
        node.fieldNames().forEachRemaining(backwards::add);
        backwards.forEach(name -> reversed.set(name, reversed(node.path(name))));
        return reversed;
    }

    @TestFactory
    Stream<DynamicTest> eachSingleChangeGivesAnotherHash() {
        Map<SpecHash, String> seen = new HashMap<>();
        seen.put(hash(cases.path("full")), "no change");
        return cases.path("changes").properties().stream()
                .flatMap(field -> stream(field.getValue()).map(value -> Map.entry(field.getKey(), value)))
                .map(change -> DynamicTest.dynamicTest(change.getKey() + ": " + change.getValue(), () -> {
                    ObjectNode spec = cases.path("full").deepCopy();
                    spec.set(change.getKey(), change.getValue());
                    String before = seen.put(hash(spec), change.toString());
                    assertEquals(null, before, "the same hash as");
                }));
    }

    private static Stream<JsonNode> stream(JsonNode values) {
        Stream.Builder<JsonNode> items = Stream.builder();
        values.forEach(items);
        return items.build();
    }

    @Test
    void aJobsCountOfTriesIsPartOfItAndThreeIfNotGiven() {
        ObjectNode spec =
                CaseFiles.YAML.createObjectNode().put("image", "agent:1").put("restart", "job");
        SpecHash notGiven = hash(spec);
        assertEquals(notGiven, hash(spec.put("backoffLimit", 3)));
        assertNotEquals(notGiven, hash(spec.put("backoffLimit", 2)));
    }

    @Test
    void noFieldIsLeftOutOfTheseCases() {
        Set<String> fields = Arrays.stream(SessionSpec.class.getRecordComponents())
                .map(RecordComponent::getName)
                .collect(Collectors.toSet());
        Set<String> changed = new TreeSet<>();
        cases.path("changes").fieldNames().forEachRemaining(changed::add);
        Set<String> full = new TreeSet<>();
        cases.path("full").fieldNames().forEachRemaining(full::add);
        assertEquals(new TreeSet<>(fields), changed);
        assertEquals(new TreeSet<>(fields), full);
    }

    @Test
    void aHashIs64HexDigits() {
        assertTrue(hash(cases.path("minimal")).value().matches("[0-9a-f]{64}"));
        assertNotEquals(hash(cases.path("minimal")), hash(cases.path("full")));
    }
}
