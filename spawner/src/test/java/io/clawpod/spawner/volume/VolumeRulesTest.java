package io.clawpod.spawner.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.session.Mount;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class VolumeRulesTest {
    private static VolumeRules rules(String... prefixes) {
        return new VolumeRules(Stream.of(prefixes).map(VolumeRulesTest::rule).toList());
    }

    private static VolumeRule rule(String prefix) {
        return new VolumeRule(prefix, new VolumeSource.Claim("data", ""));
    }

    private static Optional<VolumeRules.Placement> place(VolumeRules rules, String path) {
        return rules.place(new Mount(path, "/x", false));
    }

    @ParameterizedTest
    @CsvSource({
        "/a, /a, ''",
        "/a/, /a, ''",
        "/a/x/y, /a, x/y",
        "/a/b, /a/b, ''",
        "/a/b/c, /a/b, c",
        "/a/bc, /a, bc",
        "/a/b/../c, /a, c",
        "/a/c/../b/c, /a/b, c"
    })
    void theLongestPrefixDecides(String path, String prefix, String relative) {
        List<VolumeRule> given = new ArrayList<>(List.of(rule("/a"), rule("/a/b"), rule("/other/and/longer")));
        for (int i = 0; i < given.size(); i++) {
            Collections.rotate(given, 1);
            VolumeRules.Placement placement =
                    place(new VolumeRules(given), path).orElseThrow();
            assertEquals(prefix, placement.rule().hostPrefix());
            assertEquals(relative, placement.relativePath());
        }
    }

    @ParameterizedTest
    @CsvSource({"/", "/b", "/ab", "/a/../b", "/A"})
    void whatNoPrefixHoldsHasNoPlace(String path) {
        assertEquals(Optional.empty(), place(rules("/a", "/a/b"), path));
    }

    @Test
    void theRootHoldsEverything() {
        assertEquals("x/y", place(rules("/"), "/x/y").orElseThrow().relativePath());
        assertEquals("", place(rules("/"), "/").orElseThrow().relativePath());
    }

    @Test
    void withoutRulesNothingHasAPlace() {
        assertEquals(Optional.empty(), place(rules(), "/a"));
    }

    @Test
    void twoRulesOfOnePrefixAreRefused() {
        InvalidValue fault = assertThrows(InvalidValue.class, () -> rules("/a", "/b", "/a/"));
        assertEquals("rules[2].hostPrefix", fault.field());
    }

    @Test
    void aPrefixIsAbsolute() {
        InvalidValue fault = assertThrows(InvalidValue.class, () -> rule("a"));
        assertEquals("hostPrefix", fault.field());
    }

    @Test
    void prefixesAreToldInOrder() {
        assertEquals(List.of("/a", "/a/b", "/z"), rules("/z", "/a/b", "/a").prefixes());
    }
}
