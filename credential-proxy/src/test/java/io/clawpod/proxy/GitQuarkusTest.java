package io.clawpod.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.clawpod.proxy.server.AgentServer;
import io.clawpod.proxy.testing.Agents;
import io.clawpod.proxy.testing.GitUpstream;
import io.clawpod.proxy.testing.Surroundings;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.kubernetes.client.KubernetesServer;
import io.quarkus.test.kubernetes.client.KubernetesTestServer;
import io.quarkus.test.kubernetes.client.WithKubernetesTestServer;
import jakarta.inject.Inject;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The real git, told what docs/configuration.md says, against the real backend of git. */
@QuarkusTest
@WithKubernetesTestServer
@WithTestResource(Surroundings.class)
@Timeout(120)
class GitQuarkusTest {
    private static final String REAL = "ghp_real0123456789";
    private static final String HELPER =
            "!f() { test \"$1\" = get && printf 'username=session\\npassword=%s\\n' \"$ANTHROPIC_API_KEY\"; }; f";

    @KubernetesTestServer
    KubernetesServer cluster;

    @Inject
    AgentServer server;

    @TempDir
    Path folder;

    private final Surroundings around = Surroundings.current();
    private String routesBefore = "";
    private String token = "";
    private GitUpstream forge;

    private record Ran(int exit, String output) {}

    /** A build from an archive may do without; CI has cloned with it. */
    @BeforeAll
    static void gitIsThere() {
        boolean found = Arrays.stream(System.getenv("PATH").split(File.pathSeparator, -1))
                .anyMatch(each -> Files.isExecutable(Path.of(each, "git")));
        assumeTrue(found || System.getenv("CI") != null, "git is not installed");
    }

    @BeforeEach
    void begin() throws Exception {
        token = Agents.token(new Agents(cluster.getClient()).running("127.0.0.1"), around.key());
        String pair = "x-access-token:" + REAL;
        forge = new GitUpstream(
                folder.resolve("forge"),
                "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8)));
        ok(folder, "init", "-q", "--bare", "-b", "main", "forge/a/b.git");
        ok(folder, "clone", "-q", "forge/a/b.git", "seed");
        Files.writeString(folder.resolve("seed/README"), "hello\n");
        ok(folder.resolve("seed"), "add", ".");
        ok(folder.resolve("seed"), "commit", "-q", "-m", "first");
        ok(folder.resolve("seed"), "push", "-q", "origin", "HEAD:main");
        Files.writeString(folder.resolve("token"), REAL);
        routesBefore = Files.readString(around.routesFile());
        routes("""
                  - name: git
                    prefix: /git-%1$d/
                    upstream: http://127.0.0.1:%1$d
                    allowPrivate: true
                    credential: git
                    policies:
                      - {effect: allow, methods: [GET], paths: ["/*/*/info/refs"]}
                      - {effect: allow, methods: [POST], paths: ["/*/*/git-upload-pack"]}
                      - {effect: allow, methods: [POST], paths: ["/a/b.git/git-receive-pack"]}
                """.formatted(forge.port()));
    }

    /** Adds a route, and waits until it is in force. Until then the route of all other paths takes the call, and never answers. */
    private void routes(String more) throws IOException {
        Files.writeString(
                around.routesFile(),
                routesBefore.replace(
                                "credentials:\n",
                                "credentials:\n  git: {kind: basic, username: x-access-token, directory: " + folder
                                        + "}\n")
                        + more);
        HttpRequest probe = HttpRequest.newBuilder(URI.create(proxy()))
                .header("x-api-key", token)
                .timeout(Duration.ofMillis(500))
                .build();
        HttpClient http = HttpClient.newHttpClient();
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .ignoreExceptionsInstanceOf(HttpTimeoutException.class)
                .until(() -> http.send(probe, BodyHandlers.discarding()).statusCode() == 403);
    }

    /** Another prefix for each forge, as the file of the test before may be in force still. */
    private String proxy() {
        return "http://127.0.0.1:" + server.port() + "/git-" + forge.port() + "/";
    }

    @AfterEach
    void end() throws IOException {
        forge.close();
        Files.writeString(around.routesFile(), routesBefore);
    }

    private Ran git(Path in, String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of("git"));
        command.addAll(List.of(args));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(in.toFile()).redirectErrorStream(true);
        builder.environment()
                .putAll(Map.ofEntries(
                        Map.entry("HOME", folder.toString()),
                        Map.entry("GIT_CONFIG_NOSYSTEM", "1"),
                        Map.entry("GIT_TERMINAL_PROMPT", "0"),
                        Map.entry("GIT_AUTHOR_NAME", "a"),
                        Map.entry("GIT_AUTHOR_EMAIL", "a@example"),
                        Map.entry("GIT_COMMITTER_NAME", "a"),
                        Map.entry("GIT_COMMITTER_EMAIL", "a@example"),
                        Map.entry("ANTHROPIC_API_KEY", token),
                        Map.entry("GIT_CONFIG_COUNT", "2"),
                        Map.entry("GIT_CONFIG_KEY_0", "url." + proxy() + ".insteadOf"),
                        Map.entry("GIT_CONFIG_VALUE_0", "https://github.example/"),
                        Map.entry("GIT_CONFIG_KEY_1", "credential." + proxy() + ".helper"),
                        Map.entry("GIT_CONFIG_VALUE_1", HELPER)));
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ran(process.waitFor(), output);
    }

    private void ok(Path in, String... args) throws Exception {
        Ran ran = git(in, args);
        assertEquals(0, ran.exit(), ran.output());
    }

    @Test
    void gitClonesPushesMuchAndFetchesWithTheForgesTokenThatItNeverSees() throws Exception {
        ok(folder, "clone", "-q", "https://github.example/a/b.git", "first");
        ok(folder, "clone", "-q", "https://github.example/a/b.git", "second");
        byte[] much = new byte[5 * 1024 * 1024];
        new Random(5).nextBytes(much);
        Files.write(folder.resolve("first/much"), much);
        ok(folder.resolve("first"), "add", ".");
        ok(folder.resolve("first"), "commit", "-q", "-m", "second");
        ok(folder.resolve("first"), "push", "-q", "origin", "HEAD:main");
        ok(folder.resolve("second"), "pull", "-q");
        assertArrayEquals(much, Files.readAllBytes(folder.resolve("second/much")));

        assertTrue(forge.seen().stream()
                .anyMatch(each -> each.getKey().equals("POST /a/b.git/git-receive-pack")
                        && "chunked".equalsIgnoreCase(each.getValue().getFirst("transfer-encoding"))));
        assertFalse(forge.seen().toString().contains(token));
    }

    @Test
    void aPushThatNoPolicyAllowsIsReadablyForbidden() throws Exception {
        ok(folder, "init", "-q", "--bare", "-b", "main", "forge/a/c.git");
        Ran ran = git(folder.resolve("seed"), "push", "https://github.example/a/c.git", "HEAD:main");
        assertNotEquals(0, ran.exit());
        assertTrue(ran.output().contains("403"), ran.output());
        assertFalse(
                forge.seen().stream().anyMatch(each -> each.getKey().endsWith("c.git/git-receive-pack")), ran.output());
    }

    @Test
    void aTokenThatIsNoneIsRefusedBeforeTheForgeIsAsked() throws Exception {
        int before = forge.seen().size();
        token = "nonsense";
        Ran ran = git(folder, "ls-remote", "https://github.example/a/b.git");
        assertNotEquals(0, ran.exit());
        assertTrue(ran.output().contains("Authentication failed"), ran.output());
        assertEquals(before, forge.seen().size());
    }
}
