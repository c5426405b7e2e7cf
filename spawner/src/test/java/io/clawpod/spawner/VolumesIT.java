package io.clawpod.spawner;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.clawpod.common.Labels;
import io.clawpod.spawner.plan.TokenSecret;
import io.clawpod.spawner.testing.Agents;
import io.clawpod.spawner.testing.HostFolders;
import io.clawpod.spawner.testing.InterceptedApiServer;
import io.clawpod.spawner.testing.InterceptedApiServer.Fate;
import io.clawpod.spawner.testing.SpawnerClient;
import io.clawpod.spawner.testing.SpawnerClient.Answer;
import io.clawpod.spawner.testing.SpawnerProcess;
import io.clawpod.spawner.testing.TestNamespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Where agents' folders and files come from, with a packaged spawner that sees the host's file system. */
class VolumesIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String RULES = """
            rules:
              - {host-prefix: /opt/nanoclaw, source: pvc:folders}
              - {host-prefix: /home, source: pvc:home}
              - {host-prefix: /srv/single, source: pvc:single}
              - {host-prefix: /srv/late, source: pvc:late}
              - {host-prefix: /srv/lost, source: pvc:lost}
            """;
    private static final String LIST = """
            {"allowedRoots": [{"path": "~/projects", "allowReadWrite": true}, {"path": "/home/books", "allowReadWrite": false}],
             "blockedPatterns": ["diary"]}
            """;

    private static @Nullable TestNamespace namespace;
    private static @Nullable HostFolders host;
    private static @Nullable SpawnerProcess spawner;

    @BeforeAll
    static void start() throws IOException {
        assumeTrue(TestNamespace.isClusterNamed(), "KUBECONFIG names no cluster to test against");
        namespace = new TestNamespace("volumes");
        host = new HostFolders(namespace);
        host.claim("folders", "ReadWriteMany", "/opt/nanoclaw");
        host.claim("home", "ReadWriteMany", "/home");
        host.claim("single", "ReadWriteOnce", "/srv/single");
        Files.writeString(rulesFile(), RULES);
        Files.writeString(host.root().resolve("list.json"), LIST);
        spawner = SpawnerProcess.start(namespace.settings(), volumeSettings()).awaitReady();
    }

    @AfterAll
    static void stop() {
        if (spawner != null) {
            spawner.close();
        }
        if (namespace != null) {
            namespace
                    .client()
                    .pods()
                    .inNamespace(namespace.name())
                    .withGracePeriod(0)
                    .delete();
        }
        if (host != null) {
            host.close();
        }
        if (namespace != null) {
            namespace.close();
        }
    }

    private static Path rulesFile() {
        return host().root().resolve("volumes.yaml");
    }

    private static Map<String, String> volumeSettings() {
        return Map.of(
                "CLAWPOD_VOLUMES_FILE", rulesFile().toString(),
                "CLAWPOD_VOLUMES_ALLOWLIST_FILE",
                        host().root().resolve("list.json").toString(),
                "CLAWPOD_VOLUMES_ALLOWLIST_HOME", "/home/me",
                "CLAWPOD_VOLUMES_VISIBLE_AT", host().root().toString());
    }

    private static TestNamespace namespace() {
        return Objects.requireNonNull(namespace);
    }

    private static HostFolders host() {
        return Objects.requireNonNull(host);
    }

    private static SpawnerProcess spawner() {
        return Objects.requireNonNull(spawner);
    }

    private static Map<String, Object> mount(String hostPath, String containerPath, boolean readOnly) {
        return Map.of("hostPath", hostPath, "containerPath", containerPath, "readOnly", readOnly);
    }

    /** @param mounts as JSON objects */
    private static String spec(String script, Object... mounts) {
        return Agents.spec(script, Map.of("mounts", List.of(mounts)));
    }

    private static Answer create(String key, String spec) {
        Answer answer = spawner().client().put(key, spec);
        assertEquals(201, answer.status(), answer.text());
        return answer;
    }

    private static void refused(String key, String spec, String says) {
        Answer answer = spawner().client().put(key, spec);
        assertEquals(422, answer.status(), answer.text());
        assertEquals("invalid-spec", answer.member("/code"));
        assertTrue(answer.member("/detail").contains(says), answer.text());
        assertNull(namespace().pod(key));
        assertEquals(List.of(), namespace().secretsOf(key));
    }

    /** What an agent prints, once it has ended. */
    private static String output(String key) {
        await().atMost(SOON)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> spawner()
                        .client()
                        .get(SpawnerClient.path(key))
                        .member("/state")
                        .equals("ended"));
        return spawner().client().get(SpawnerClient.path(key) + "/logs").text();
    }

    private static Pod running(String key) {
        await().atMost(SOON)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> spawner()
                        .client()
                        .get(SpawnerClient.path(key))
                        .member("/state")
                        .equals("running"));
        return Objects.requireNonNull(namespace().pod(key));
    }

    @Test
    void aClaimThatIsNotThereRefusesTheSessionUntilItIsMade() {
        String spec = spec("true", mount("/opt/nanoclaw", "/a", true), mount("/srv/late/x", "/b", true));
        refused(
                "late",
                spec,
                "mounts[1].hostPath lies in PersistentVolumeClaim "
                        + namespace().name() + "/late");
        host().unboundClaim("late", "ReadWriteMany", "nothing", Map.of());
        create("late", spec);
        assertNotNull(namespace().pod("late"));
    }

    @Test
    void aClaimThatHasLostItsVolumeRefusesTheSession() {
        // As the volume controller leaves one behind whose bound volume was deleted.
        host().unboundClaim("lost", "ReadWriteMany", "was-deleted", Map.of("pv.kubernetes.io/bind-completed", "yes"));
        await().atMost(SOON).until(() -> host().phase("lost").equals("Lost"));
        refused("lost", spec("true", mount("/srv/lost/x", "/b", true)), "/lost, which has lost its PersistentVolume");
    }

    @Test
    void podsOfAClaimOfOneNodeRunTogetherAndTheFirstIsNotHeldUp() {
        create("single-1", spec("sleep 600", mount("/srv/single", "/x", false)));
        Pod first = running("single-1");
        create("single-2", spec("sleep 600", mount("/srv/single", "/x", false)));
        Pod second = running("single-2");
        assertEquals(first.getSpec().getNodeName(), second.getSpec().getNodeName());
        String label = first.getMetadata().getLabels().keySet().stream()
                .filter(name -> name.startsWith(Labels.CLAIM_PREFIX))
                .findFirst()
                .orElseThrow();
        assertTrue(second.getMetadata().getLabels().containsKey(label));
        assertNotNull(second.getSpec().getAffinity().getPodAffinity());
        create("many", spec("sleep 600", mount("/opt/nanoclaw", "/x", false)));
        assertNull(running("many").getSpec().getAffinity(), "any node can use this one");

        // The term is one that the scheduler keeps: without the label, and with nobody who has it, a pod waits.
        String other = Labels.CLAIM_PREFIX + "0000000000";
        Pod stranger = new PodBuilder(second)
                .withNewMetadata()
                .withNamespace(namespace().name())
                .withName("stranger")
                .endMetadata()
                .editSpec()
                .withNodeName(null)
                .withVolumes()
                .editFirstContainer()
                .withVolumeMounts()
                .withEnv()
                .endContainer()
                .endSpec()
                .withStatus(null)
                .build();
        stranger.getSpec()
                .getAffinity()
                .getPodAffinity()
                .getRequiredDuringSchedulingIgnoredDuringExecution()
                .get(0)
                .getLabelSelector()
                .setMatchLabels(Map.of(other, "used"));
        namespace().client().resource(stranger).create();
        await().atMost(SOON)
                .until(() -> namespace()
                        .client()
                        .pods()
                        .inNamespace(namespace().name())
                        .withName("stranger")
                        .get()
                        .getStatus()
                        .getConditions()
                        .stream()
                        .anyMatch(condition ->
                                String.valueOf(condition.getMessage()).contains("didn't match pod affinity rules")));
    }

    @Test
    void aMountThatTheHostsListDoesNotAllowIsLeftOutAndTold() {
        host().file("/home/me/projects/a/f", "project");
        host().file("/home/me/diary/f", "secret");
        host().file("/home/books/f", "book");
        host().link("/home/me/projects/way-out", "/home/me/diary");
        Answer answer = create(
                "listed",
                spec(
                        "cat /workspace/extra/a/f; echo; ls /workspace/extra | tr '\\n' ' '"
                                + "; touch /workspace/extra/a/new && echo wrote; touch /workspace/extra/books/new || echo kept",
                        mount("/home/me/projects/a", "/workspace/extra/a", false),
                        mount("/home/me/projects/way-out", "/workspace/extra/out", true),
                        mount("/home/me", "/workspace/extra/me", true),
                        mount("/home/books", "/workspace/extra/books", false)));
        String warnings = answer.json().path("warnings").toString();
        assertTrue(warnings.contains("mounts[1]") && warnings.contains("'diary'"), warnings);
        assertTrue(warnings.contains("mounts[2]") && warnings.contains("no allowed root"), warnings);
        assertTrue(warnings.contains("mounts[3]") && warnings.contains("read-only"), warnings);
        assertFalse(warnings.contains("mounts[0]"), warnings);
        String printed = output("listed");
        assertTrue(printed.contains("project\na books wrote\n"), printed);
        assertTrue(printed.contains("kept"), printed);
        Event told = await().atMost(SOON).until(() -> event("listed", "SessionMountsChanged"), Objects::nonNull);
        assertTrue(told.getNote().contains("'diary'"), told.getNote());
        // The same request adopts it: what was asked for decides, not what became of it.
        Answer again = spawner()
                .client()
                .put(
                        "listed",
                        spec(
                                "cat /workspace/extra/a/f; echo; ls /workspace/extra | tr '\\n' ' '"
                                        + "; touch /workspace/extra/a/new && echo wrote; touch /workspace/extra/books/new || echo kept",
                                mount("/home/me/projects/a", "/workspace/extra/a", false),
                                mount("/home/me/projects/way-out", "/workspace/extra/out", true),
                                mount("/home/me", "/workspace/extra/me", true),
                                mount("/home/books", "/workspace/extra/books", false)));
        assertEquals(200, again.status(), again.text());
    }

    private static @Nullable Event event(String key, String reason) {
        String pod = Objects.requireNonNull(namespace().pod(key)).getMetadata().getName();
        return namespace()
                .client()
                .events()
                .v1()
                .events()
                .inNamespace(namespace().name())
                .list()
                .getItems()
                .stream()
                .filter(event -> event.getRegarding().getName().equals(pod) && reason.equals(event.getReason()))
                .findFirst()
                .orElse(null);
    }

    @Test
    void aLinkLeadsOutOfNoRule() {
        host().file("/etc/shadow", "root");
        host().folder("/opt/nanoclaw/groups");
        host().link("/opt/nanoclaw/groups/evil", "/etc");
        refused(
                "evil",
                spec("true", mount("/opt/nanoclaw/groups/evil/shadow", "/x", true)),
                "leads by a link out of the volume rules");
    }

    @Test
    void smallFilesTravelWithThePodAndGoWithIt() {
        host().file("/tmp/onecli-ca.pem", "seen on the host");
        String sent = Base64.getEncoder().encodeToString("sent along".getBytes(StandardCharsets.UTF_8));
        create(
                "files",
                spec(
                        "cat /etc/seen.pem; echo; cat /etc/sent.pem; echo; stat -L -c '%a' /etc/seen.pem /etc/sent.pem;"
                                + " id -u; echo x 2>/dev/null > /etc/seen.pem || echo kept; ls -A /etc/seen.pem",
                        mount("/tmp/onecli-ca.pem", "/etc/seen.pem", true),
                        Map.of(
                                "hostPath",
                                "/nowhere",
                                "containerPath",
                                "/etc/sent.pem",
                                "readOnly",
                                true,
                                "content",
                                sent)));
        assertEquals("seen on the host\nsent along\n444\n444\n1000\nkept\n/etc/seen.pem\n", output("files"));
        Pod pod = Objects.requireNonNull(namespace().pod("files"));
        assertFalse(pod.toString().contains(sent) || pod.toString().contains("sent along"), "a content is in the pod");
        assertEquals(sent, namespace().secretsOf("files").get(0).getData().get("file-1"));
        assertFalse(spawner().log().contains("sent along"));
        spawner().client().delete("files", "PT1S");
        await().atMost(SOON).until(() -> namespace().pod("files") == null);
        await().atMost(SOON).until(() -> namespace().secretsOf("files").isEmpty());
        refused("folder", spec("true", mount("/tmp", "/x", true)), "mounts[0].hostPath lies outside every volume rule");
        refused("writable", spec("true", mount("/tmp/onecli-ca.pem", "/x", false)), "cannot be written");
    }

    /** A pod whose spawner was killed before the Secret was there. */
    private static void leaveHalfMade(TestNamespace other, String key, String spec) {
        try (InterceptedApiServer apiServer = new InterceptedApiServer();
                SpawnerProcess killed =
                        SpawnerProcess.start(other.settings(), volumeSettings(), apiServer.settings())) {
            killed.awaitReady();
            apiServer.onSecret(number -> {
                killed.kill();
                return Fate.DROP;
            });
            assertThrows(UncheckedIOException.class, () -> killed.client().put(key, spec));
            await().until(() -> !killed.isAlive());
        }
        assertTrue(TokenSecret.isAwaitedBy(Objects.requireNonNull(other.pod(key))));
        assertEquals(List.of(), other.secretsOf(key));
    }

    @Test
    void aPodWhoseFilesWereSentAndNeverCameIsTakenAway() {
        try (TestNamespace other = new TestNamespace("half-sent")) {
            leaveHalfMade(
                    other,
                    "lost",
                    spec(
                            "cat /etc/f",
                            Map.of("hostPath", "/x", "containerPath", "/etc/f", "readOnly", true, "content", "UEVN")));
            try (SpawnerProcess next =
                    SpawnerProcess.start(other.settings(), volumeSettings()).awaitReady()) {
                await().atMost(SOON).until(() -> other.pod("lost") == null);
                assertEquals(List.of(), other.secretsOf("lost"));
                await().atMost(SOON).until(() -> next.log().contains("its files are not kept"));
            }
        }
    }

    @Test
    void aPodWhoseFilesAreSeenIsCompletedWithThem() {
        host().file("/tmp/again.pem", "again");
        try (TestNamespace other = new TestNamespace("half-seen")) {
            leaveHalfMade(other, "seen", spec("cat /etc/f", mount("/tmp/again.pem", "/etc/f", true)));
            try (SpawnerProcess next =
                    SpawnerProcess.start(other.settings(), volumeSettings()).awaitReady()) {
                await().atMost(SOON)
                        .until(() -> next.client()
                                .get(SpawnerClient.path("seen"))
                                .member("/state")
                                .equals("ended"));
                assertEquals(
                        "again",
                        next.client().get(SpawnerClient.path("seen") + "/logs").text());
            }
        }
    }

    @Test
    void rulesAreReadAgainAndTheLastGoodOnesHold() throws IOException {
        host().folder("/opt/nanoclaw/new");
        String spec = spec("touch /x/f && echo wrote", mount("/mnt/new", "/x", false));
        refused("reloaded", spec, "mounts[0].hostPath lies outside every volume rule");
        Files.writeString(rulesFile(), RULES + "  - {host-prefix: /mnt/new, source: pvc:folders/new}\n");
        await().atMost(SOON)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> spawner().client().put("reloaded", spec).status() == 201);
        assertEquals("wrote\n", output("reloaded"));
        Files.writeString(rulesFile(), RULES + "  - {host-prefix: /mnt/new, source: floppy}\n");
        await().atMost(SOON).until(() -> spawner().readiness().text().contains("rules[5].source is no volume source"));
        assertEquals(200, spawner().readiness().status());
        assertTrue(spawner().client().get("/q/metrics").text().contains("clawpod_volumes_right 0.0"));
        create("still", spec);
        Files.writeString(rulesFile(), RULES);
        await().atMost(SOON)
                .until(() -> spawner().client().get("/q/metrics").text().contains("clawpod_volumes_right 1.0"));
        refused("no-more", spec, "mounts[0].hostPath lies outside every volume rule");
    }

    @Test
    void theCommandSaysWhereRulesAndPathsLeadAndAsksTheCluster() throws Exception {
        host().file("/tmp/checked.pem", "PEM");
        Path rules = Files.writeString(
                host().root().resolve("checked.yaml"), "rules: [{host-prefix: /opt/nanoclaw, source: pvc:folders}]");
        assertEquals("""
                0
                rule  /opt/nanoclaw -> pvc:folders
                mount /opt/nanoclaw/x -> pvc:folders/x
                mount /tmp/checked.pem -> travels with the pod, 3 bytes, read-only
                """, check(rules, "/opt/nanoclaw/x", "/tmp/checked.pem:/ca.pem:ro"));
        Files.writeString(rules, "rules: [{host-prefix: /opt/nanoclaw, source: pvc:never}]");
        String wrong = check(rules, "/opt/nanoclaw/x");
        assertTrue(wrong.startsWith("1\n"), wrong);
        assertTrue(wrong.contains("/never, which a volume rule names, is missing"), wrong);
        assertTrue(check(rules, "--offline", "/opt/nanoclaw/x").startsWith("0\n"));
    }

    /** The exit code of {@code volumes check}, and what it prints. */
    private static String check(Path rules, String... args) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                Path.of(System.getProperty("clawpod.root", ".."), "spawner", "target", "quarkus-app", "quarkus-run.jar")
                        .toString(),
                "volumes",
                "check"));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(namespace().settings());
        builder.environment().putAll(volumeSettings());
        builder.environment().put("CLAWPOD_VOLUMES_FILE", rules.toString());
        Process process = builder.start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() + "\n" + printed;
    }

    @Test
    void aFileOfAClaimIsMountedAndReadOnlyInsideReadWriteHoldsInBothOrders() throws IOException {
        host().folder("/opt/nanoclaw/data/skills");
        host().file("/opt/nanoclaw/data/CLAUDE.md", "instructions");
        String script = """
                cat /w/CLAUDE.md; echo
                touch /w/written && echo rw
                touch /w/skills/x 2>/dev/null || echo ro folder
                echo x 2>/dev/null > /w/CLAUDE.md || echo ro file
                """;
        Map<String, Object> outer = mount("/opt/nanoclaw/data", "/w", false);
        Map<String, Object> folder = mount("/opt/nanoclaw/data/skills", "/w/skills", true);
        Map<String, Object> file = mount("/opt/nanoclaw/data/CLAUDE.md", "/w/CLAUDE.md", true);
        create("outer-first", spec(script, outer, folder, file));
        create("inner-first", spec(script, file, folder, outer));
        for (String key : List.of("outer-first", "inner-first")) {
            assertEquals("instructions\nrw\nro folder\nro file\n", output(key), key);
        }
        assertTrue(Files.exists(host().root().resolve("opt/nanoclaw/data/written")));
        assertEquals("instructions", Files.readString(host().root().resolve("opt/nanoclaw/data/CLAUDE.md")));
    }
}
