package io.clawpod.spawner;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.clawpod.common.Digests;
import io.clawpod.spawner.testing.Agents;
import io.clawpod.spawner.testing.Events;
import io.clawpod.spawner.testing.Events.Event;
import io.clawpod.spawner.testing.SpawnerClient;
import io.clawpod.spawner.testing.SpawnerClient.Answer;
import io.clawpod.spawner.testing.SpawnerProcess;
import io.clawpod.spawner.testing.TestNamespace;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged spawner against a real cluster, in a namespace that enforces {@code restricted}. */
class SessionIT {
    private static final Duration SOON = Duration.ofSeconds(40);
    private static final String LIMIT_OF_ALL = "900Gi";
    private static final int LARGE_LOG = 20 << 20;

    private static @Nullable TestNamespace namespace;
    private static @Nullable SpawnerProcess process;

    @BeforeAll
    static void start() {
        assumeTrue(TestNamespace.isClusterNamed(), "KUBECONFIG names no cluster to test against");
        TestNamespace made = new TestNamespace("session");
        namespace = made;
        made.serviceAccount("host");
        made.serviceAccount("stranger");
        made.client()
                .resource(new ResourceQuotaBuilder()
                        .withNewMetadata()
                        .withNamespace(made.name())
                        .withName("memory")
                        .endMetadata()
                        .withNewSpec()
                        .addToHard("limits.memory", new Quantity(LIMIT_OF_ALL))
                        .endSpec()
                        .build())
                .create();
        process = SpawnerProcess.start(
                        made.settings(),
                        Map.of(
                                "CLAWPOD_CALLERS_SERVICE_ACCOUNTS", made.name() + "/host",
                                "CLAWPOD_VOLUMES_RULES_0__HOST_PREFIX", "/node",
                                "CLAWPOD_VOLUMES_RULES_0__SOURCE", "hostPath",
                                "CLAWPOD_VOLUMES_RULES_1__HOST_PREFIX", "/opt/nanoclaw",
                                "CLAWPOD_VOLUMES_RULES_1__SOURCE", "pvc:shared/install"))
                .awaitReady();
    }

    @AfterAll
    static void stop() {
        if (process != null) {
            process.close();
        }
        if (namespace != null) {
            namespace.close();
        }
    }

    private static TestNamespace namespace() {
        return Objects.requireNonNull(namespace);
    }

    private static SpawnerProcess process() {
        return Objects.requireNonNull(process);
    }

    private static SpawnerClient spawner() {
        return process().client();
    }

    private static void create(String key, String spec) {
        Answer answer = spawner().put(key, spec);
        assertEquals(201, answer.status(), answer.text());
    }

    private static Answer awaitState(String key, String state) {
        return await().atMost(SOON)
                .pollInterval(Duration.ofMillis(50))
                .until(
                        () -> spawner().get(SpawnerClient.path(key)),
                        answer -> answer.member("/state").equals(state));
    }

    /** The reasons of the spawner's Events about a pod, each of which has to be there once. */
    private static Set<String> events(String uid) {
        return namespace()
                .client()
                .events()
                .v1()
                .events()
                .inNamespace(namespace().name())
                .list()
                .getItems()
                .stream()
                .filter(event -> "clawpod.io/spawner".equals(event.getReportingController())
                        && event.getRegarding().getUid().equals(uid))
                .map(event -> event.getReason())
                .collect(Collectors.toUnmodifiableSet());
    }

    private static String logs(String key, String query) {
        Answer answer = spawner().get(SpawnerClient.path(key) + "/logs" + query);
        assertEquals(200, answer.status(), answer.text());
        return answer.text();
    }

    // --- life ---

    @Test
    void aSessionRunsAndEndsWithItsExitCode() {
        long asked = System.nanoTime();
        create("zero", Agents.bash("sleep 1"));
        Answer running = awaitState("zero", "running");
        System.out.printf(
                "PUT to running: %d ms%n",
                Duration.ofNanos(System.nanoTime() - asked).toMillis());
        assertTrue(running.json().path("pod").has("ip"), running.text());
        assertTrue(running.json().path("pod").has("node"), running.text());
        Answer ended = awaitState("zero", "ended");
        assertEquals("completed", ended.member("/reason"));
        assertEquals(0, ended.json().path("exitCode").asInt(-1));
        Instant started = Instant.parse(ended.member("/startedAt"));
        assertTrue(!Instant.parse(ended.member("/endedAt")).isBefore(started), ended.text());

        create("seven", Agents.bash("exit 7"));
        ended = awaitState("seven", "ended");
        assertEquals("error", ended.member("/reason"));
        assertEquals(7, ended.json().path("exitCode").asInt());
    }

    @Test
    void theSameSpecIsAdoptedAndAnotherConflicts() {
        String spec = Agents.bash("sleep 600");
        create("adopt", spec);
        String uid = awaitState("adopt", "running").member("/pod/uid");
        Answer again = spawner().put("adopt", spec);
        assertEquals(200, again.status());
        assertEquals(uid, again.member("/pod/uid"));
        Answer other = spawner().put("adopt", Agents.bash("sleep 601"));
        assertEquals(409, other.status());
        assertEquals("session-conflict", other.member("/code"));
        assertEquals("running", awaitState("adopt", "running").member("/state"));
        Set<String> told = Set.of("SessionCreated", "SessionAdopted", "SessionConflict");
        await("the decisions are told as Events of the pod")
                .atMost(SOON)
                .until(() -> events(uid).equals(told));
    }

    @Test
    void anEndedSessionGoesWhenItsRetentionIsOverAndNotBefore() {
        create("brief", Agents.spec("exit 0", Map.of("lifetime", Map.of("retention", "PT2S"))));
        create("kept", Agents.bash("exit 0"));
        awaitState("kept", "ended");
        await().atMost(SOON).until(() -> namespace().pod("brief") == null);
        await().atMost(SOON).until(() -> namespace().secretsOf("brief").isEmpty());
        assertEquals("ended", awaitState("kept", "ended").member("/state"));
    }

    // --- logs ---

    @Test
    void logsAreReadWholeFromTheEndAndFromATime() {
        create("logs", Agents.bash("echo old-1; sleep 0.3; echo old-2 >&2; sleep 4; echo new-1; echo 'ümlaut ✓'"));
        awaitState("logs", "ended");
        assertEquals("old-1\nold-2\nnew-1\nümlaut ✓\n", logs("logs", ""));
        assertEquals("ümlaut ✓\n", logs("logs", "?tail=1"));
        assertEquals("", logs("logs", "?tail=0"));
        assertEquals("old-1\nold-2\nnew-1\nümlaut ✓\n", logs("logs", "?since=PT1H"));
        List<String> stamped = logs("logs", "?timestamps").lines().toList();
        assertEquals(4, stamped.size());
        Instant third = Instant.parse(stamped.get(2).substring(0, stamped.get(2).indexOf(' ')));
        assertEquals("new-1\nümlaut ✓\n", logs("logs", "?since=" + third.minusSeconds(2)));
    }

    @Test
    void aFollowerFromBeforeTheStartHearsAllUntilTheEnd() throws IOException {
        create("follow", Agents.bash("for i in 1 2 3; do echo line $i; sleep 0.3; done"));
        try (InputStream log = spawner().open(SpawnerClient.path("follow") + "/logs?follow")) {
            assertEquals("line 1\nline 2\nline 3\n", new String(log.readAllBytes(), StandardCharsets.UTF_8));
        }
        assertEquals("ended", awaitState("follow", "ended").member("/state"));
    }

    @Test
    void aLargeLogReachesASlowFollowerWholeWhileMemoryStaysFlat() throws IOException {
        String expected = ("x".repeat(1023) + "\n").repeat(LARGE_LOG / 1023) + "x".repeat(LARGE_LOG % 1023);
        String key = largeLog(expected.length());
        // What serving logs takes once, such as classes, is not what this is about.
        logs(key, "?tail=100");
        long before = process().residentBytes();
        long most = 0;
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        try (InputStream log = spawner().open(SpawnerClient.path(key) + "/logs?follow")) {
            byte[] chunk = new byte[1 << 20];
            for (int i = 0; i < 4; i++) {
                read.write(chunk, 0, log.readNBytes(chunk, 0, chunk.length));
                int stalled = i;
                // Time enough for a server that reads ahead to take in the whole log.
                await().pollDelay(Duration.ofMillis(700)).until(() -> stalled >= 0);
                most = Math.max(most, process().residentBytes());
            }
            log.transferTo(read);
        }
        assertEquals(expected.length(), read.size());
        assertEquals(sha256(expected.getBytes(StandardCharsets.UTF_8)), sha256(read.toByteArray()));
        long grown = (most - before) >> 20;
        System.out.printf("memory while a follower stalls: %d MiB, grown by %d MiB%n", most >> 20, grown);
        assertTrue(grown < 12, "the spawner grew by " + grown + " MiB");
        assertTrue(process().residentBytes() < 256L << 20, "more than 256 MiB resident");
    }

    /**
     * Makes a session whose log is so long, and has ended. The kubelet turns a log of more than 10 MiB over when it looks at
     * one, every 10 s, and has only the rest of it then; such a session is no use here.
     */
    private static String largeLog(int length) {
        for (int i = 0; ; i++) {
            String key = "large-" + i;
            create(key, Agents.bash("head -c " + LARGE_LOG + " /dev/zero | tr '\\0' x | fold -w 1023"));
            String pod = awaitState(key, "ended").member("/pod/name");
            int kept = namespace()
                    .client()
                    .pods()
                    .inNamespace(namespace().name())
                    .withName(pod)
                    .getLog()
                    .length();
            if (kept == length || i == 5) {
                return key;
            }
        }
    }

    private static String sha256(byte[] bytes) {
        return Digests.hex("SHA-256", bytes, 64);
    }

    // --- stop ---

    @Test
    void anAgentThatHandlesSigtermEndsWithinItsGrace() {
        create("polite", Agents.bash("trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.1; done"));
        awaitState("polite", "running");
        await().until(() -> logs("polite", "").contains("up"));
        try (Events events = spawner().events(null)) {
            long asked = System.nanoTime();
            Answer stopping = spawner().delete("polite", "PT20S");
            assertEquals(202, stopping.status(), stopping.text());
            Event removed =
                    events.next(e -> e.name().equals("removed") && e.key().equals("polite"));
            Duration took = Duration.ofNanos(System.nanoTime() - asked);
            System.out.printf("stop of an agent that handles SIGTERM: %d ms%n", took.toMillis());
            assertEquals("ended", removed.state(), removed.toString());
            assertEquals(3, removed.data().path("exitCode").asInt());
            assertEquals("stopped", removed.data().path("reason").asText());
            assertTrue(took.toSeconds() < 15, took.toString());
        }
        assertEquals(404, spawner().get(SpawnerClient.path("polite")).status());
        assertEquals(204, spawner().delete("polite", "PT1S").status());
    }

    @Test
    void anAgentThatIgnoresSigtermIsKilledAfterItsGrace() {
        create("stubborn", Agents.bash("trap '' TERM; echo up; while :; do sleep 0.1; done"));
        awaitState("stubborn", "running");
        await().until(() -> logs("stubborn", "").contains("up"));
        try (Events events = spawner().events(null)) {
            // Long enough for the two calls after it.
            assertEquals(202, spawner().delete("stubborn", "PT5S").status());
            Answer again = spawner().delete("stubborn", "PT5S");
            assertEquals(202, again.status(), again.text());
            Answer put = spawner().put("stubborn", Agents.bash("true"));
            assertEquals("session-stopping", put.member("/code"), put.text());
            Event removed =
                    events.next(e -> e.name().equals("removed") && e.key().equals("stubborn"));
            assertEquals(137, removed.data().path("exitCode").asInt(), removed.toString());
            assertEquals(9, removed.data().path("signal").asInt());
        }
    }

    @Test
    void aSessionThatIsStillBeingMadeCanBeStopped() {
        create("young", Agents.bash("sleep 600"));
        assertEquals(202, spawner().delete("young", "PT1S").status());
        await().atMost(SOON).until(() -> namespace().pod("young") == null);
        await().atMost(SOON).until(() -> namespace().secretsOf("young").isEmpty());
        await().until(() -> spawner().get(SpawnerClient.path("young")).status() == 404);
    }

    @Test
    void aPodDeletedByOthersIsToldAndItsSecretGoes() {
        create("deleted", Agents.bash("sleep 600"));
        awaitState("deleted", "running");
        assertEquals(1, namespace().secretsOf("deleted").size());
        try (Events events = spawner().events(null)) {
            namespace()
                    .client()
                    .resource(Objects.requireNonNull(namespace().pod("deleted")))
                    .withGracePeriod(1)
                    .delete();
            events.next(e -> e.name().equals("removed") && e.key().equals("deleted"));
        }
        assertEquals(404, spawner().get(SpawnerClient.path("deleted")).status());
        await().atMost(SOON).until(() -> namespace().secretsOf("deleted").isEmpty());
    }

    // --- what the agent sees ---

    @Test
    void anAgentSeesTheProxyAndItsTokenAndHasNoRights() {
        create(
                "inside",
                Agents.bash("echo url=$ANTHROPIC_BASE_URL; echo key=${#ANTHROPIC_API_KEY}; echo mine=$MINE;"
                        + " echo host=$(getent hosts host.docker.internal | cut -d' ' -f1);"
                        + " echo id=$(id -u):$(id -g); grep -E '^(NoNewPrivs|CapEff|Seccomp):' /proc/self/status;"
                        + " ls /var/run/secrets/kubernetes.io 2>&1; env | grep -c _SERVICE_HOST"));
        awaitState("inside", "ended");
        String seen = logs("inside", "").replace('\t', ' ');
        String proxyIp = namespace()
                .client()
                .services()
                .inNamespace(namespace().name())
                .withName("credential-proxy")
                .get()
                .getSpec()
                .getClusterIP();
        List<String> lines = seen.lines().toList();
        assertTrue(
                lines.contains("url=http://credential-proxy." + namespace().name() + ".svc.cluster.local:3001"), seen);
        assertTrue(seen.matches("(?s).*key=[3-9][0-9]{2}\n.*"), seen);
        assertTrue(lines.contains("mine=a $(b) $c"), seen);
        assertTrue(lines.contains("host=" + proxyIp), seen);
        assertTrue(lines.contains("id=1000:1000"), seen);
        assertTrue(lines.contains("NoNewPrivs: 1"), seen);
        assertTrue(lines.contains("CapEff: 0000000000000000"), seen);
        assertTrue(lines.contains("Seccomp: 2"), seen);
        assertTrue(seen.contains("No such file or directory"), "no ServiceAccount token: " + seen);
    }

    @Test
    void aFolderOfAClaimIsSharedByHostAndAgent(@TempDir Path disk) throws IOException {
        Path group = Files.createDirectories(disk.resolve("install/groups/family"));
        for (Path folder : List.of(disk, disk.resolve("install"), disk.resolve("install/groups"), group)) {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        }
        Files.writeString(group.resolve("from-host"), "hello agent\n");
        String ns = namespace().name();
        PersistentVolume volume = namespace()
                .client()
                .resource(new PersistentVolumeBuilder()
                        .withNewMetadata()
                        .withName(ns)
                        .endMetadata()
                        .withNewSpec()
                        .addToCapacity("storage", new Quantity("1Gi"))
                        .withAccessModes("ReadWriteMany")
                        .withStorageClassName("")
                        .withNewHostPath(disk.toString(), "Directory")
                        .withNewClaimRef()
                        .withNamespace(ns)
                        .withName("shared")
                        .endClaimRef()
                        .endSpec()
                        .build())
                .create();
        try {
            namespace()
                    .client()
                    .resource(new PersistentVolumeClaimBuilder()
                            .withNewMetadata()
                            .withNamespace(ns)
                            .withName("shared")
                            .endMetadata()
                            .withNewSpec()
                            .withAccessModes("ReadWriteMany")
                            .withStorageClassName("")
                            .withVolumeName(ns)
                            .withNewResources()
                            .addToRequests("storage", new Quantity("1Gi"))
                            .endResources()
                            .endSpec()
                            .build())
                    .create();
            create(
                    "claim",
                    Agents.spec(
                            "cat /work/from-host; echo hello host > /work/from-agent; cat /ro/from-host;"
                                    + " 2>/dev/null touch /ro/written || echo read-only",
                            Map.of(
                                    "mounts",
                                    List.of(
                                            mount("/opt/nanoclaw/groups/family", "/work", false),
                                            mount("/opt/nanoclaw/groups/family", "/ro", true)))));
            Answer ended = awaitState("claim", "ended");
            String log = logs("claim", "");
            assertEquals(0, ended.json().path("exitCode").asInt(-1), log);
            assertEquals("hello host\n", Files.readString(group.resolve("from-agent")));
            assertTrue(log.startsWith("hello agent\nhello agent\n"), log);
            assertTrue(log.endsWith("read-only\n"), log);
        } finally {
            spawner().delete("claim", "PT1S");
            namespace().client().resource(volume).delete();
        }
    }

    private static Map<String, Object> mount(String hostPath, String containerPath, boolean readOnly) {
        return Map.of("hostPath", hostPath, "containerPath", containerPath, "readOnly", readOnly);
    }

    // --- what the cluster refuses ---

    @Test
    void aPodThatTheNamespaceForbidsIsRefusedAndLeavesNothing() {
        Answer refused = spawner()
                .put("hostpath", Agents.spec("true", Map.of("mounts", List.of(mount("/node/etc", "/etc2", true)))));
        assertEquals(422, refused.status(), refused.text());
        assertEquals("pod-refused", refused.member("/code"));
        assertTrue(refused.member("/detail").contains("hostPath"), refused.text());
        assertTrue(refused.member("/detail").contains("restricted"), refused.text());
        assertNothingLeft("hostpath");
    }

    @Test
    void aPodBeyondTheQuotaIsRefusedAndLeavesNothing() {
        Answer refused = spawner().put("quota", Agents.spec("true", Map.of("resources", Map.of("memory", "1000Gi"))));
        assertEquals(429, refused.status(), refused.text());
        assertEquals("quota-exceeded", refused.member("/code"));
        assertTrue(refused.member("/detail").contains("limits.memory"), refused.text());
        assertNothingLeft("quota");
    }

    private static void assertNothingLeft(String key) {
        assertEquals(null, namespace().pod(key));
        assertEquals(List.of(), namespace().secretsOf(key));
        assertEquals(404, spawner().get(SpawnerClient.path(key)).status());
    }

    @Test
    void anImageThatCannotBeHadIsToldWithTheClustersWords() {
        create("no-image", "{\"image\":\"127.0.0.1:1/no/such:image\"}");
        Answer waiting = await().atMost(SOON)
                .until(
                        () -> spawner().get(SpawnerClient.path("no-image")),
                        answer -> answer.member("/reason").equals("registry-unavailable"));
        assertEquals("pending", waiting.member("/state"));
        assertTrue(waiting.member("/message").contains("127.0.0.1:1/no/such:image"), waiting.text());
    }

    // --- who calls ---

    @Test
    void aServiceAccountIsLetInByItsTokenForTheSpawnerAlone() {
        assertEquals(
                200,
                spawner()
                        .as(token("host", "clawpod-spawner"))
                        .get("/v1/sessions")
                        .status());
        for (String refused : List.of(
                token("host", "another-audience"), token("stranger", "clawpod-spawner"), "eyJhbGciOiJub25lIn0.e30.")) {
            Answer answer = spawner().as(refused).get("/v1/sessions");
            assertEquals(401, answer.status(), answer.text());
            assertEquals("unauthenticated", answer.member("/code"));
        }
    }

    private static String token(String account, String audience) {
        return namespace()
                .client()
                .serviceAccounts()
                .inNamespace(namespace().name())
                .withName(account)
                .tokenRequest(new TokenRequestBuilder()
                        .withNewSpec()
                        .withAudiences(audience)
                        .withExpirationSeconds(600L)
                        .endSpec()
                        .build())
                .getStatus()
                .getToken();
    }
}
