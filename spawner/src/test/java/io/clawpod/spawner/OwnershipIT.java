package io.clawpod.spawner;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.clawpod.spawner.testing.Agents;
import io.clawpod.spawner.testing.HostFolder;
import io.clawpod.spawner.testing.SpawnerClient;
import io.clawpod.spawner.testing.SpawnerClient.Answer;
import io.clawpod.spawner.testing.SpawnerProcess;
import io.clawpod.spawner.testing.TestNamespace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Folders that root has made, on a real node, and agents of uid 1000 that have to write them; run as root. */
class OwnershipIT {
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final int ROWS = 40;
    private static final String LOCKED = "database is locked";

    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private <T extends AutoCloseable> T closing(T part) {
        open.add(part);
        return part;
    }

    private TestNamespace namespace(String level) {
        assumeTrue(TestNamespace.isClusterNamed(), "KUBECONFIG names no cluster to test against");
        return closing(new TestNamespace("ownership", level));
    }

    private SpawnerProcess spawner(TestNamespace namespace, HostFolder folder, String ownership) {
        Map<String, String> settings = new HashMap<>(namespace.settings());
        settings.put("CLAWPOD_VOLUMES_RULES_0__HOST_PREFIX", folder.path().toString());
        settings.put("CLAWPOD_VOLUMES_RULES_0__SOURCE", "pvc:nanoclaw");
        settings.put("CLAWPOD_VOLUMES_OWNERSHIP", ownership);
        return closing(SpawnerProcess.start(settings)).awaitReady();
    }

    private static String mounting(String script, Path workspace) {
        return Agents.spec(
                script,
                Map.of("mounts", List.of(Map.of("hostPath", workspace.toString(), "containerPath", "/workspace"))));
    }

    private static Answer awaitEnd(SpawnerProcess spawner, String key) {
        await().atMost(SOON)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> spawner.client()
                        .get(SpawnerClient.path(key))
                        .member("/state")
                        .equals("ended"));
        return spawner.client().get(SpawnerClient.path(key));
    }

    private static long owner(Path path) throws IOException {
        return ((Number) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS)).longValue();
    }

    private static Object changed(Path path) throws IOException {
        return Files.getAttribute(path, "unix:ctime", LinkOption.NOFOLLOW_LINKS);
    }

    /** What SQLite's command line answers, on the host's side, without waiting for a lock. */
    private static String sqlite(Path database, String statement) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("sqlite3", database.toString(), statement)
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        process.waitFor();
        return said;
    }

    @Test
    void withoutHelpAnAgentCannotWriteWhatRootHasMade() throws IOException {
        TestNamespace namespace = namespace("restricted");
        HostFolder folder = closing(new HostFolder(namespace, "nanoclaw", HostFolder.Kind.HOST_PATH));
        Path workspace = Files.createDirectories(folder.path().resolve("session"));
        SpawnerProcess spawner = spawner(namespace, folder, "none");

        assertEquals(
                201,
                spawner.client()
                        .put("none", mounting("echo mine > /workspace/out", workspace))
                        .status());

        assertEquals("1", awaitEnd(spawner, "none").member("/exitCode"));
        assertTrue(Files.notExists(workspace.resolve("out")));
    }

    @Test
    void theKubeletGivesAVolumeThatLetsItToTheAgentsGroup() throws IOException {
        TestNamespace namespace = namespace("restricted");
        HostFolder folder = closing(new HostFolder(namespace, "nanoclaw", HostFolder.Kind.LOCAL));
        Path workspace = Files.createDirectories(folder.path().resolve("session"));
        SpawnerProcess spawner = spawner(namespace, folder, "fs-group");

        assertEquals(
                201,
                spawner.client()
                        .put("group", mounting("echo mine > /workspace/out", workspace))
                        .status());

        assertEquals("0", awaitEnd(spawner, "group").member("/exitCode"));
        assertEquals("mine\n", Files.readString(workspace.resolve("out")));
        assertEquals(0, owner(workspace));
    }

    @Test
    void whereTheNamespaceForbidsRootNothingIsMade() throws IOException {
        TestNamespace namespace = namespace("restricted");
        HostFolder folder = closing(new HostFolder(namespace, "nanoclaw", HostFolder.Kind.HOST_PATH));
        SpawnerProcess spawner = spawner(namespace, folder, "chown");

        Answer refused = spawner.client().put("refused", mounting("true", folder.path()));

        assertEquals(422, refused.status(), refused.text());
        assertEquals("pod-refused", refused.member("/code"));
        assertNull(namespace.pod("refused"));
        assertEquals(List.of(), namespace.secretsOf("refused"));
    }

    @Test
    void onlyWhatIsWrongIsGivenToTheAgent() throws IOException, InterruptedException {
        TestNamespace namespace = namespace("baseline");
        HostFolder folder = closing(new HostFolder(namespace, "nanoclaw", HostFolder.Kind.HOST_PATH));
        Path workspace = Files.createDirectories(folder.path().resolve("session"));
        Path deep = Files.createDirectories(workspace.resolve("a/b"));
        Files.writeString(deep.resolve("closed"), "");
        Files.setPosixFilePermissions(deep.resolve("closed"), Set.of());
        Files.setPosixFilePermissions(deep, Set.of());
        Path right = Files.writeString(workspace.resolve("right"), "");
        Files.setAttribute(right, "unix:uid", 1000);
        Files.setAttribute(right, "unix:gid", 1000);
        Path outside = Files.writeString(folder.path().resolve("outside"), "");
        Files.createSymbolicLink(workspace.resolve("link"), outside);
        Path toRead = Files.createDirectories(folder.path().resolve("to-read"));
        Object before = changed(right);
        SpawnerProcess spawner = spawner(namespace, folder, "chown");

        String spec = Agents.spec(
                "echo mine > /workspace/a/b/closed && ! touch /to-read/x",
                Map.of(
                        "mounts",
                        List.of(
                                Map.of("hostPath", workspace.toString(), "containerPath", "/workspace"),
                                Map.of("hostPath", toRead.toString(), "containerPath", "/to-read", "readOnly", true))));
        assertEquals(201, spawner.client().put("first", spec).status());

        assertEquals("0", awaitEnd(spawner, "first").member("/exitCode"));
        assertEquals("mine\n", Files.readString(deep.resolve("closed")));
        assertEquals(
                List.of(1000L, 1000L, 1000L), List.of(owner(workspace), owner(deep), owner(deep.resolve("closed"))));
        assertEquals(1000, owner(workspace.resolve("link")));
        assertEquals(List.of(0L, 0L), List.of(owner(outside), owner(toRead)));
        assertEquals(before, changed(right));

        Object written = changed(deep);
        assertEquals(
                201, spawner.client().put("second", mounting("true", workspace)).status());
        assertEquals("0", awaitEnd(spawner, "second").member("/exitCode"));
        assertEquals(written, changed(deep));
    }

    @Test
    void hostAndAgentShareTheirDatabasesAndRespectEachOthersLocks() throws IOException, InterruptedException {
        TestNamespace namespace = namespace("baseline");
        HostFolder folder = closing(new HostFolder(namespace, "nanoclaw", HostFolder.Kind.HOST_PATH));
        Path workspace = Files.createDirectories(folder.path().resolve("session"));
        Path inbound = workspace.resolve("inbound.db");
        Path outbound = workspace.resolve("outbound.db");
        assertEquals(
                "delete", sqlite(inbound, "PRAGMA journal_mode=DELETE; CREATE TABLE asked(n INTEGER PRIMARY KEY);"));
        SpawnerProcess spawner = spawner(namespace, folder, "chown");

        // The agent answers each row of the host's with one of its own, then keeps a lock until it is told to let go.
        String script = """
                cd /workspace; export HOME=/tmp
                sqlite3 outbound.db 'PRAGMA journal_mode=DELETE; CREATE TABLE answered(n INTEGER PRIMARY KEY);' || exit 1
                for n in $(seq 1 %d); do
                  until [ "$(sqlite3 -cmd '.timeout 20000' inbound.db "SELECT count(*) FROM asked WHERE n=$n")" = 1 ]; do
                    sleep 0.02
                  done
                  sqlite3 -cmd '.timeout 20000' outbound.db "INSERT INTO answered VALUES ($n)" || exit 2
                done
                printf '%%s\\n' 'BEGIN IMMEDIATE;' 'INSERT INTO answered VALUES (1000);' '.shell touch held' \\
                  '.shell until [ -e release ]; do sleep 0.05; done' 'COMMIT;' | sqlite3 outbound.db
                sqlite3 inbound.db 'BEGIN IMMEDIATE;' 2>told
                grep -q 'database is locked' told
                """.formatted(ROWS);
        assertEquals(
                201, spawner.client().put("chat", mounting(script, workspace)).status());
        for (int n = 1; n <= ROWS; n++) {
            assertEquals("20000", sqlite(inbound, "PRAGMA busy_timeout=20000; INSERT INTO asked VALUES (" + n + ")"));
        }
        await().atMost(SOON).pollInterval(Duration.ofMillis(100)).until(() -> Files.exists(workspace.resolve("held")));

        assertEquals(Integer.toString(ROWS), sqlite(outbound, "SELECT count(*) FROM answered"));
        assertTrue(sqlite(outbound, "BEGIN IMMEDIATE").contains(LOCKED));
        Process holder = new ProcessBuilder("sqlite3", inbound.toString()).start();
        try (var lines = holder.outputWriter()) {
            lines.write("BEGIN IMMEDIATE;\n.shell touch " + workspace.resolve("release") + "\n");
            lines.flush();
            assertEquals("0", awaitEnd(spawner, "chat").member("/exitCode"), "the agent sees the host's lock");
        }
        holder.waitFor();
        assertEquals(Integer.toString(ROWS + 1), sqlite(outbound, "SELECT count(*) FROM answered"));
        assertEquals("ok", sqlite(outbound, "PRAGMA integrity_check"));
        assertEquals("ok", sqlite(inbound, "PRAGMA integrity_check"));
        assertEquals(1000, owner(outbound));
    }
}
