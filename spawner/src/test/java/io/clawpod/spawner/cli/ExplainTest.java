package io.clawpod.spawner.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clawpod.common.InstallSlug;
import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.plan.Settings;
import io.clawpod.spawner.testing.CaseFiles;
import io.clawpod.spawner.testing.PlanSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command as it is called. What an argv really came to lies in {@code target/explain}. */
final class ExplainTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private @Nullable Path config;

    private int run(String... args) {
        return SpawnerCommand.run(
                this::settings,
                (namespace, names) -> java.util.Map.of(),
                new PrintWriter(out),
                new PrintWriter(err),
                args);
    }

    private ExplainSettings settings(@Nullable Path file) {
        config = file;
        if (Path.of("wrong.yaml").equals(file)) {
            throw new InvalidValue("wrong.yaml", "is not YAML", "give an application.yaml");
        }
        return new ExplainSettings(plan(), null, new InstallSlug("0a0b0c0d"), null);
    }

    private static Settings plan() {
        ObjectNode other = JsonNodeFactory.instance.objectNode();
        ArrayNode rules = other.putArray("rules");
        rules.addObject().put("hostPrefix", "/opt/nanoclaw").put("source", "pvc:nanoclaw");
        rules.addObject().put("hostPrefix", "/srv").put("source", "nfs:nfs.example.org:/export");
        return PlanSettings.with(other);
    }

    private static String[] explain(List<String> options, List<String> argv) {
        List<String> args = new ArrayList<>(List.of("explain"));
        args.addAll(options);
        args.add("--");
        args.addAll(argv);
        return args.toArray(String[]::new);
    }

    private static List<String> argv(String name) {
        return CaseFiles.table("docker-run/" + name + "/argv.json", new TypeReference<List<String>>() {});
    }

    @TestFactory
    Stream<DynamicTest> anArgvBecomesItsPodAndReport() {
        return CaseFiles.folders("docker-run").stream()
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    ExplainTest test = new ExplainTest();
                    int code = test.run(explain(List.of(), argv(name)));
                    JsonNode actual = CaseFiles.YAML.readTree(test.out.toString());
                    Path left = CaseFiles.leave("explain/" + name + ".yaml", actual);
                    assertEquals(
                            CaseFiles.tree("explain/" + name + ".yaml").toPrettyString(),
                            actual.toPrettyString(),
                            () -> "compare with " + left);
                    assertEquals(actual.path("outcome").textValue().equals("translated") ? 0 : 1, code);
                    assertEquals("", test.err.toString());
                }));
    }

    @TestFactory
    Stream<DynamicTest> noArgvShowsACredential() {
        return CaseFiles.folders("docker-run").stream()
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    ExplainTest test = new ExplainTest();
                    test.run(explain(List.of("-o", "json"), argv(name)));
                    for (String secret : List.of("aoc_secret", "s3cret")) {
                        assertFalse(test.out.toString().contains(secret), test.out.toString());
                    }
                }));
    }

    @Test
    void jsonIsAllThatIsOnStandardOutput() throws IOException {
        assertEquals(0, run(explain(List.of("-o", "json"), argv("v1"))));
        JsonNode translated = JSON.readTree(out.toString());
        assertEquals("Pod", translated.at("/pod/kind").textValue());
        assertEquals("", err.toString());
        out.getBuffer().setLength(0);
        assertEquals(1, run(explain(List.of("--output=json"), List.of("docker", "run", "--privileged", "image"))));
        assertEquals("refused", JSON.readTree(out.toString()).path("outcome").textValue());
        assertEquals("", err.toString());
    }

    @Test
    void everyReasonIsToldAndNotOnlyTheFirst() throws IOException {
        assertEquals(
                1,
                run(explain(
                        List.of("-o", "json"),
                        List.of(
                                "run",
                                "--name",
                                "agent-1",
                                "-v",
                                "/etc:/etc",
                                "-v",
                                "/opt/nanoclaw/a:/a",
                                "-v",
                                "/var/x:/x",
                                "-e",
                                "A_TOKEN=abc",
                                "-e",
                                "TZ=UTC",
                                "-e",
                                "B_TOKEN=abc",
                                "--user",
                                "0",
                                "image"))));
        List<String> reasons = new ArrayList<>();
        JSON.readTree(out.toString())
                .path("reasons")
                .forEach(reason -> reasons.add(reason.textValue().split(";", 2)[0]));
        assertEquals(
                List.of(
                        "mounts[0].hostPath (/etc) lies outside every volume rule",
                        "mounts[2].hostPath (/var/x) lies outside every volume rule",
                        "env.A_TOKEN looks like a real credential",
                        "env.B_TOKEN looks like a real credential",
                        "user is root"),
                reasons);
        assertFalse(out.toString().contains("abc"), out.toString());
    }

    @Test
    void whatOnlyAClusterKnowsIsMarkedUnlessItIsGiven() {
        assertEquals(0, run(explain(List.of(), argv("v1"))));
        assertTrue(out.toString().contains("value: 192.0.2.1"), out.toString());
        out.getBuffer().setLength(0);
        assertEquals(0, run(explain(List.of("--proxy-ip", "10.96.7.7"), argv("v1"))));
        assertFalse(out.toString().contains("192.0.2.1"), out.toString());
        assertTrue(out.toString().contains("ip: 10.96.7.7"), out.toString());
    }

    @Test
    void theInstallIsTheOneThatIsGiven() {
        assertEquals(0, run(explain(List.of("--install", "feedbeef"), List.of("run", "--name", "agent-1", "image"))));
        assertTrue(out.toString().contains("session: feedbeef/agent-1"), out.toString());
    }

    @Test
    void theSeparatorMayBeLeftOut() {
        assertEquals(0, run("explain", "docker", "run", "--rm", "--name", "agent-1", "image", "--help"));
        assertTrue(out.toString().contains("--help"), out.toString());
    }

    @Test
    void aWrongConfigurationIsWrongUsageAndSaysWhy() {
        assertEquals(2, run("explain", "--config", "wrong.yaml", "--", "docker", "run", "image"));
        assertEquals("", out.toString());
        assertTrue(err.toString().startsWith("wrong.yaml is not YAML"), err.toString());
        assertEquals(Path.of("wrong.yaml"), config);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "foo|foo",
                "--foo|--foo",
                "explain|what shall be explained",
                "explain --|what shall be explained",
                "explain --foo -- run image|--foo",
                "explain -o xml -- run image|xml",
                "explain --proxy-ip here -- run image|--proxy-ip",
                "explain --install a/b -- run image|--install",
                "explain --config|--config"
            })
    void wrongUsageIsToldOnStandardErrorAlone(String line, String named) {
        assertEquals(2, run(line.split(" ")));
        assertEquals("", out.toString());
        assertTrue(err.toString().contains(named), err.toString());
        assertTrue(err.toString().contains("Usage: spawner"), err.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "--version", "explain --help", "explain --version"})
    void helpAndVersionAreAnswers(String line) {
        assertEquals(0, run(line.split(" ")));
        assertFalse(out.toString().isBlank());
        assertEquals("", err.toString());
    }
}
