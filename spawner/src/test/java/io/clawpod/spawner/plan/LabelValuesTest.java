package io.clawpod.spawner.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LabelValuesTest {
    private static final String LONGEST = "a".repeat(63);

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "A1", "a.b_c-d", "0"})
    void theseAreLabelValues(String text) {
        assertTrue(LabelValues.isValue(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-", "a-", "-a", "_", "a b", "a/b", "ü", "a\n", " "})
    void theseAreNoLabelValues(String text) {
        assertFalse(LabelValues.isValue(text));
    }

    @Test
    void aLabelValueHasAtMost63Characters() {
        assertTrue(LabelValues.isValue(LONGEST));
        assertFalse(LabelValues.isValue(LONGEST + "a"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "A.b_c-D", "team.example/colour", "a-b.example/x", "example/x"})
    void theseAreLabelNames(String text) {
        assertTrue(LabelValues.isKey(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "/a", "a/", "a/b/c", "Team.example/x", "a..b/x", "-a/x", "a-", "a b", "ü", ".example/x"})
    void theseAreNoLabelNames(String text) {
        assertFalse(LabelValues.isKey(text));
    }

    @Test
    void aLabelNameIsBoundedInBothParts() {
        assertTrue(LabelValues.isKey(LONGEST));
        assertFalse(LabelValues.isKey(LONGEST + "a"));
        assertTrue(LabelValues.isKey("a".repeat(253) + "/x"));
        assertFalse(LabelValues.isKey("a".repeat(254) + "/x"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "ag-1", "Family_Chat"})
    void aLabelValueStaysAsItIs(String text) {
        assertEquals(text, LabelValues.of(text));
    }

    static Stream<String> noValues() {
        return Stream.of("", "-", "a b", "Familie Müller", "日本語", LONGEST + "a", "...x...", "a/b", "--- ---", "\0");
    }

    @ParameterizedTest
    @MethodSource("noValues")
    void anyOtherTextBecomesALabelValueThatIsNotEmpty(String text) {
        String value = LabelValues.of(text);
        assertTrue(LabelValues.isValue(value), value);
        assertFalse(value.isEmpty());
        assertEquals(value, LabelValues.of(text));
    }

    @Test
    void textsThatReadAlikeStayTwo() {
        assertNotEquals(LabelValues.of("a b"), LabelValues.of("a/b"));
        assertNotEquals(LabelValues.of(LONGEST + "a"), LabelValues.of(LONGEST + "b"));
        assertTrue(LabelValues.of("Familie Müller").startsWith("Familie-M-ller-"));
    }
}
