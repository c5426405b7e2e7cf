package io.clawpod.spawner.image;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

final class ChallengeTest {
    private static final Map<List<String>, Challenge> CASES = Map.of(
            List.of("Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:x:pull,push repository:y:pull\""),
            new Challenge.Bearer("https://a/t", "s", List.of("repository:x:pull,push", "repository:y:pull")),
            List.of("bearer realm=https://a/t"),
            new Challenge.Bearer("https://a/t", "", List.of()),
            List.of("Basic realm=\"x\"", "Bearer realm=\"https://a/t\" , service=s"),
            new Challenge.Bearer("https://a/t", "s", List.of()),
            List.of("Basic realm=\"x\", Bearer realm=\"https://a/t\""),
            new Challenge.Bearer("https://a/t", "", List.of()),
            List.of("Basic"),
            new Challenge.Basic(),
            List.of("Bearer service=\"s\""),
            new Challenge.Unknown(),
            List.of("Negotiate"),
            new Challenge.Unknown(),
            List.of(),
            new Challenge.Unknown());

    @TestFactory
    Stream<DynamicTest> challengesAreRead() {
        return CASES.entrySet().stream()
                .map(row -> DynamicTest.dynamicTest(
                        row.getKey().toString(), () -> assertEquals(row.getValue(), Challenge.parse(row.getKey()))));
    }
}
