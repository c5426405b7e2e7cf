package io.clawpod.spawner.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clawpod.spawner.testing.CaseFiles;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MaskTest {
    record Masked(String name, JsonNode given, JsonNode shown, List<String> places) {}

    @TestFactory
    Stream<DynamicTest> whatMayBeACredentialIsNotShown() {
        return CaseFiles.table("explain/masked.yaml", new TypeReference<List<Masked>>() {}).stream()
                .map(masked -> DynamicTest.dynamicTest(masked.name(), () -> {
                    ObjectNode given = masked.given().deepCopy();
                    List<String> places = Mask.apply(given);
                    assertEquals(masked.shown().toPrettyString(), given.toPrettyString());
                    assertEquals(masked.places(), places);
                }));
    }

    /** Texts on which a pattern that goes back and forth, or by recursion, would never end or not end well. */
    @ParameterizedTest
    @ValueSource(strings = {"a_", "key_", "a", "-", "token", "Bearer ", "://", "key=", "--key "})
    void aLongTextIsMaskedToItsEnd(String part) {
        String masked = Mask.text(part.repeat(100_000 / part.length()) + " MY_TOKEN=abc");
        assertTrue(masked.endsWith("***"), () -> masked.substring(masked.length() - 100));
    }
}
