package io.clawpod.spawner.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clawpod.common.InstallSlug;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What whole argv become. Where one becomes something else, that lies in {@code target/docker-run} for comparison. */
class DockerRunGoldenTest {
    private final DockerRun dockerRun = new DockerRun(new InstallSlug("0a0b0c0d"), null, () -> "chosen");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "v1",
                "v2.0.64",
                "v2.0.64-without-user",
                "v2.0.64-onecli",
                "v2.0.64-extra-mounts",
                "v2.1",
                "labelled"
            })
    void aHostsArgvBecomesItsSession(String name) throws IOException {
        Translation translation = dockerRun.translate(Cases.argv(name));
        Translation.Translated translated = assertInstanceOf(
                Translation.Translated.class,
                translation,
                () -> translation.report().toString());

        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("key", translated.key().toString());
        shown.put("spec", translated.spec());
        shown.put("report", translated.report());
        ObjectNode actual = (ObjectNode) Cases.tree(shown);
        Path file = Path.of("target", "docker-run", name, "out.yaml");
        Files.createDirectories(file.getParent());
        Cases.YAML.writeValue(file.toFile(), actual);

        assertEquals(Cases.expected(name).toPrettyString(), actual.toPrettyString(), () -> "compare with " + file);
    }

    @Test
    void aReportNeverHoldsTheValueOfAVariable() {
        for (String name : List.of("v2.0.64-onecli", "labelled")) {
            String report = dockerRun.translate(Cases.argv(name)).report().toString();
            for (String secret : List.of("aoc_secret", "placeholder", "s3cret")) {
                assertEquals(-1, report.indexOf(secret), report);
            }
        }
    }

    @Test
    void theSameArgvAlwaysAsksForTheSameSession() {
        assertEquals(dockerRun.translate(Cases.argv("v2.1")), dockerRun.translate(Cases.argv("v2.1")));
    }
}
