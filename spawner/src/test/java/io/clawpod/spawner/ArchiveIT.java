package io.clawpod.spawner;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.clawpod.spawner.testing.Agents;
import io.clawpod.spawner.testing.DockerCli;
import io.clawpod.spawner.testing.S3Process;
import io.clawpod.spawner.testing.SpawnerClient;
import io.clawpod.spawner.testing.SpawnerClient.Answer;
import io.clawpod.spawner.testing.SpawnerProcess;
import io.clawpod.spawner.testing.TestNamespace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Packaged spawners over a real cluster, and what they keep in a folder. */
class ArchiveIT {
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final Duration OFTEN = Duration.ofMillis(200);
    private static final String TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJjbGF3cG9kIn0.c2lnbmF0dXJl";

    private static @Nullable TestNamespace namespace;

    @TempDir
    @Nullable
    Path folder;

    @BeforeAll
    static void start() {
        assumeTrue(TestNamespace.isClusterNamed(), "KUBECONFIG names no cluster to test against");
        namespace = new TestNamespace("archive");
    }

    @AfterAll
    static void stop() {
        if (namespace != null) {
            namespace.close();
        }
    }

    private SpawnerProcess spawner(Path into, Map<String, String> more) {
        TestNamespace made = Objects.requireNonNull(namespace);
        Map<String, String> settings = new TreeMap<>(made.settings());
        settings.put("CLAWPOD_ARCHIVE_NAMESPACE", made.name());
        settings.put("CLAWPOD_ARCHIVE_FOLDER", into.toString());
        settings.put("CLAWPOD_ARCHIVE_FLUSH_EVERY", "PT1S");
        settings.put("CLAWPOD_ARCHIVE_USAGE_EVERY", "PT5S");
        settings.putAll(more);
        return SpawnerProcess.start(settings).awaitReady();
    }

    private SpawnerProcess spawner() {
        return spawner(Objects.requireNonNull(folder), Map.of());
    }

    private static void create(SpawnerProcess spawner, String key, String script) {
        Answer answer = spawner.client().put(key, Agents.bash(script));
        assertEquals(201, answer.status(), answer.text());
    }

    private static Answer list(SpawnerProcess spawner, String key) {
        Answer answer = spawner.client().get("/v1/installs/it/archive?key=" + key);
        assertEquals(200, answer.status(), answer.text());
        return answer;
    }

    private static String awaitEnded(SpawnerProcess spawner, String key) {
        await().atMost(SOON)
                .pollInterval(OFTEN)
                .until(() -> list(spawner, key).member("/records/0/ended").equals("true"));
        return list(spawner, key).member("/records/0/pod/uid");
    }

    private static double meter(SpawnerProcess spawner, String name) {
        return spawner.client()
                .get("/q/metrics")
                .text()
                .lines()
                .filter(line -> line.startsWith(name))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    @Test
    void aLogIsKeptToTheByteThoughTheSpawnerIsKilledTwiceAndServedWhenThePodIsGone() {
        String script = "for i in $(seq 1 300); do for j in $(seq 1 20); do echo \"line $i.$j of it\"; done;"
                + " sleep 0.15; done; echo 'key " + TOKEN + " end'; printf 'no break'";
        String expected = IntStream.rangeClosed(1, 300)
                        .boxed()
                        .flatMap(i -> IntStream.rangeClosed(1, 20).mapToObj(j -> "line " + i + "." + j + " of it\n"))
                        .collect(Collectors.joining())
                + "key *** end\nno break";
        try (SpawnerProcess first = spawner()) {
            create(first, "chatty", script);
            await().atMost(SOON).pollInterval(OFTEN).until(() -> isStored(first, "chatty", "line 20."));
            first.kill();
        }
        try (SpawnerProcess second = spawner()) {
            await("what it uses is known")
                    .atMost(SOON)
                    .pollInterval(OFTEN)
                    .until(() -> list(second, "chatty")
                                    .json()
                                    .at("/records/0/used/cpuSeconds")
                                    .asDouble()
                            > 0);
            await().atMost(SOON).pollInterval(OFTEN).until(() -> isStored(second, "chatty", "line 200."));
            second.kill();
        }
        try (SpawnerProcess third = spawner()) {
            String uid = awaitEnded(third, "chatty");
            String archived = "/v1/installs/it/archive/" + uid;
            assertEquals(expected, third.client().get(archived + "/log").text());
            Answer record = third.client().get(archived);
            assertEquals("completed", record.member("/reason"), record.text());
            assertEquals("0", record.member("/exitCode"));
            assertEquals("true", record.member("/log/complete"), record.text());
            assertEquals("0", record.json().at("/log/gaps").size() + "", record.text());
            assertEquals("6001", record.member("/log/lines"));
            assertEquals("1", record.member("/log/scrubbed"));
            assertTrue(record.member("/imageId").contains("sha256:"), record.text());
            assertTrue(record.json().at("/used/cpuSeconds").asDouble() > 0, record.text());
            assertTrue(record.json().at("/used/peakMemoryBytes").asLong() > 0, record.text());
            assertFalse(record.member("/pod/node").isEmpty());

            assertTrue(third.residentBytes() < 256L << 20, "resident " + third.residentBytes());
            assertEquals(202, third.client().delete("chatty", "PT0S").status());
            await().atMost(SOON)
                    .pollInterval(OFTEN)
                    .until(() ->
                            third.client().get(SpawnerClient.path("chatty")).status() == 404);
            assertEquals(
                    expected,
                    third.client().get(SpawnerClient.path("chatty") + "/logs").text());
            assertEquals(
                    "no break",
                    third.client()
                            .get(SpawnerClient.path("chatty") + "/logs?tail=1")
                            .text());
        }
    }

    private static boolean isStored(SpawnerProcess spawner, String key, String text) {
        String uid = list(spawner, key).member("/records/0/pod/uid");
        return !uid.isEmpty()
                && spawner.client()
                        .get("/v1/installs/it/archive/" + uid + "/log")
                        .text()
                        .contains(text);
    }

    @Test
    void eachTryOfAJobIsKept() {
        try (SpawnerProcess spawner = spawner()) {
            String spec = Agents.spec("echo try; exit 3", Map.of("restart", "job", "backoffLimit", 1));
            assertEquals(201, spawner.client().put("tries", spec).status());
            await("both tries are kept whole")
                    .atMost(SOON)
                    .pollInterval(OFTEN)
                    .until(() -> list(spawner, "tries").json().at("/records").findValues("complete").stream()
                                    .filter(JsonNode::asBoolean)
                                    .count()
                            == 2);
            for (JsonNode record : list(spawner, "tries").json().at("/records")) {
                String uid = record.at("/pod/uid").asText();
                assertEquals(
                        "try\n",
                        spawner.client()
                                .get("/v1/installs/it/archive/" + uid + "/log")
                                .text(),
                        record.toString());
            }
            assertEquals(202, spawner.client().delete("tries", "PT0S").status());
        }
    }

    @Test
    void whatIsStoppedIsServedByTheApiAndByDocker() throws IOException, InterruptedException {
        DockerCli.require("docker");
        int port = SpawnerProcess.freePort();
        try (SpawnerProcess spawner = spawner(
                Objects.requireNonNull(folder),
                Map.of(
                        "CLAWPOD_DOCKER_ENGINE_LISTEN",
                        "tcp://127.0.0.1:" + port,
                        "CLAWPOD_DOCKER_DEFAULT_INSTALL",
                        "it"))) {
            create(spawner, "stopped", "trap 'echo bye; exit 3' TERM; echo hello; while :; do sleep 0.1; done");
            await().atMost(SOON)
                    .pollInterval(OFTEN)
                    .until(() -> spawner.client()
                            .get(SpawnerClient.path("stopped") + "/logs")
                            .text()
                            .contains("hello"));
            assertEquals(202, spawner.client().delete("stopped", "PT5S").status());
            await().atMost(SOON)
                    .pollInterval(OFTEN)
                    .until(() ->
                            spawner.client().get(SpawnerClient.path("stopped")).status() == 404);
            assertEquals(
                    "hello\nbye\n",
                    spawner.client()
                            .get(SpawnerClient.path("stopped") + "/logs")
                            .text());
            awaitEnded(spawner, "stopped");
            Answer listed = list(spawner, "stopped");
            assertEquals("3", listed.member("/records/0/exitCode"), listed.text());
            assertEquals("stopped", listed.member("/records/0/reason"), listed.text());
            assertEquals("hello\nbye\n", docker(port, "logs", "stopped"));
            assertEquals("bye\n", docker(port, "logs", "--tail", "1", "stopped"));

            assertEquals(
                    "out\n",
                    docker(port, "run", "--rm", "--name", "removed", Agents.IMAGE, "bash", "-c", "echo out; exit 5"));
            await().atMost(SOON)
                    .pollInterval(OFTEN)
                    .until(() -> docker(port, "logs", "removed").equals("out\n"));
            assertEquals(
                    "exited 5\n", docker(port, "inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "removed"));
            assertTrue(docker(port, "logs", "never-was").contains("No such container: never-was"));
            assertEquals(
                    404, spawner.client().get("/v1/installs/it/archive/none").status());
        }
    }

    private String docker(int port, String... words) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder("docker");
        builder.command().addAll(java.util.List.of(words));
        builder.environment().putAll(DockerCli.environment("tcp://127.0.0.1:" + port, Objects.requireNonNull(folder)));
        Process process = builder.redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(30, TimeUnit.SECONDS));
        return said;
    }

    @Test
    void aFullArchiveWarnsAndHoldsUpNobodyAndWhatIsTooMuchGoes() throws IOException, InterruptedException {
        assumeTrue(System.getProperty("user.name").equals("root"), "mounting takes root");
        Path small = Files.createDirectory(Objects.requireNonNull(folder).resolve("small"));
        run("mount", "-t", "tmpfs", "-o", "size=1200k", "clawpod-it", small.toString());
        try (SpawnerProcess spawner = spawner(small, Map.of("CLAWPOD_ARCHIVE_MAX_BYTES", "1048576"))) {
            create(spawner, "much", "head -c 3000000 /dev/urandom | base64; echo done; sleep 2");
            await().atMost(SOON).pollInterval(OFTEN).until(() -> meter(spawner, "clawpod_archive_failures_total") > 0);
            // The probe's small file may find room and take the warning back, until the next write that does not.
            await("it is ready, and warns")
                    .atMost(SOON)
                    .pollInterval(OFTEN)
                    .until(
                            spawner::readiness,
                            ready -> ready.status() == 200 && ready.text().contains("is full"));
            await().atMost(SOON)
                    .pollInterval(OFTEN)
                    .until(() -> spawner.client()
                            .get(SpawnerClient.path("much"))
                            .member("/reason")
                            .equals("completed"));
            create(spawner, "more", "sleep 1");
            assertTrue(spawner.log().contains("archive fails operation="), spawner.log());
        } finally {
            run("umount", "-l", small.toString());
        }
    }

    @Test
    void tooMuchIsGivenUp() {
        try (SpawnerProcess spawner =
                spawner(Objects.requireNonNull(folder), Map.of("CLAWPOD_ARCHIVE_MAX_BYTES", "1048576"))) {
            create(spawner, "big", "head -c 2000000 /dev/urandom | base64");
            String uid = awaitEnded(spawner, "big");
            await().atMost(SOON)
                    .pollInterval(OFTEN)
                    .until(() -> spawner.client()
                                    .get("/v1/installs/it/archive/" + uid)
                                    .status()
                            == 404);
            assertEquals(0, list(spawner, "big").json().at("/records").size());
        }
    }

    @Test
    void aBucketServesAsWell() throws IOException {
        Path made = Objects.requireNonNull(folder);
        try (S3Process server = new S3Process(made)) {
            Map<String, String> settings =
                    new TreeMap<>(Objects.requireNonNull(namespace).settings());
            settings.put(
                    "CLAWPOD_ARCHIVE_NAMESPACE",
                    Objects.requireNonNull(namespace).name());
            settings.put("CLAWPOD_ARCHIVE_S3_ENDPOINT", server.endpoint().toString());
            settings.put("CLAWPOD_ARCHIVE_S3_BUCKET", S3Process.BUCKET);
            settings.put(
                    "CLAWPOD_ARCHIVE_S3_ACCESS_KEY_FILE",
                    Files.writeString(made.resolve("access"), S3Process.ACCESS).toString());
            settings.put(
                    "CLAWPOD_ARCHIVE_S3_SECRET_KEY_FILE",
                    Files.writeString(made.resolve("secret"), S3Process.SECRET).toString());
            settings.put("CLAWPOD_ARCHIVE_FLUSH_EVERY", "PT1S");
            try (SpawnerProcess spawner = SpawnerProcess.start(settings).awaitReady()) {
                create(spawner, "bucket", "for i in 1 2 3 4; do echo $i; sleep 1; done");
                String uid = awaitEnded(spawner, "bucket");
                assertEquals(
                        "1\n2\n3\n4\n",
                        spawner.client()
                                .get("/v1/installs/it/archive/" + uid + "/log")
                                .text());
                assertTrue(spawner.residentBytes() < 256L << 20, "resident " + spawner.residentBytes());
            }
        }
    }

    @Test
    void anArchiveThatIsNotThereRefusesSessionsBeforeAnythingIsMade() {
        Path missing = Objects.requireNonNull(folder).resolve("missing");
        try (SpawnerProcess spawner = spawner(missing, Map.of())) {
            Answer refused = spawner.client().put("early", Agents.bash("true"));
            assertEquals(503, refused.status(), refused.text());
            assertEquals("archive-unavailable", refused.member("/code"), refused.text());
            assertTrue(refused.text().contains("is not there"), refused.text());
            assertNull(Objects.requireNonNull(namespace).pod("early"));
            assertEquals(200, spawner.readiness().status());
            assertTrue(spawner.readiness().text().contains("is not there"));
            assertFalse(Files.exists(missing));
        }
        try (SpawnerProcess spawner = spawner(missing, Map.of("CLAWPOD_ARCHIVE_REQUIRED", "false"))) {
            create(spawner, "unkept", "true");
        }
    }

    private static void run(String... command) throws IOException, InterruptedException {
        assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor());
    }
}
