package io.clawpod.spawner.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.host.HostVolumes;
import io.clawpod.spawner.host.VolumeSettings;
import io.clawpod.spawner.testing.PlanSettings;
import io.clawpod.spawner.volume.Ownership;
import io.clawpod.spawner.volume.VolumeRule;
import io.clawpod.spawner.volume.VolumeSource;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code volumes check}, on a host with a folder of its own and a cluster that has some of the claims. */
final class VolumesCheckTest {
    private static final String LIST = "{\"allowedRoots\": [{\"path\": \"/opt/claw/x\"}], \"blockedPatterns\": []}";

    @SuppressWarnings("NullAway.Init")
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private boolean asked;
    private Map<String, Optional<String>> found = Map.of("claw", Optional.empty(), "single", Optional.empty());

    @BeforeEach
    void host() throws IOException {
        Files.createDirectories(folder.resolve("host/opt/claw/x"));
        Files.createDirectories(folder.resolve("host/opt/claw/y"));
        Files.createSymbolicLink(folder.resolve("host/opt/claw/link"), Path.of("x"));
        Files.createDirectories(folder.resolve("host/tmp"));
        Files.writeString(folder.resolve("host/tmp/ca.pem"), "PEM");
        Files.writeString(folder.resolve("list.json"), LIST);
    }

    private static VolumeRule rule(String prefix, String source, String node) {
        return new VolumeRule(prefix, VolumeSource.parse(source, node.isEmpty() ? null : node));
    }

    private int check(String... args) {
        String[] all = new String[args.length + 2];
        all[0] = "volumes";
        all[1] = "check";
        System.arraycopy(args, 0, all, 2, args.length);
        return run(all);
    }

    private int run(String... args) {
        HostVolumes volumes = new HostVolumes(new VolumeSettings(
                List.of(
                        rule("/opt/claw", "pvc:claw/hosts/one", ""),
                        rule("/srv/single", "pvc:single", "node-2"),
                        rule("/srv/nfs", "nfs:nfs.example:/export", ""),
                        rule("/srv/disk", "hostPath", "node-1")),
                Ownership.FS_GROUP,
                null,
                folder.resolve("list.json"),
                "/workspace/extra",
                null,
                folder.resolve("host")));
        return SpawnerCommand.run(
                file -> {
                    if (file != null) {
                        throw new InvalidValue("clawpod.volumes.file", "is wrong", "correct it");
                    }
                    return new ExplainSettings(PlanSettings.DEFAULTS, volumes, null, null, null);
                },
                this::faults,
                new PrintWriter(out, true),
                new PrintWriter(err, true),
                args);
    }

    private Map<String, Optional<String>> faults(String namespace, Set<String> names) {
        assertEquals("clawpod-agents", namespace);
        assertEquals(Set.of("claw", "single"), names);
        asked = true;
        return found;
    }

    @Test
    void whereEachRuleAndEachPathLeadsIsALine() {
        int code = check(
                "/opt/claw/link",
                "/srv/single",
                "/srv/nfs/a:/a:ro",
                "/srv/disk/d",
                "/tmp/ca.pem:/ca.pem:ro",
                "/opt/claw/x:/workspace/extra/x");
        assertEquals("""
                rule  /srv/single -> pvc:single on node node-2
                rule  /opt/claw -> pvc:claw/hosts/one
                rule  /srv/disk -> hostPath on node node-1
                rule  /srv/nfs -> nfs:nfs.example:/export
                mount /opt/claw/link (/opt/claw/x) -> pvc:claw/hosts/one/x
                mount /srv/single -> pvc:single on node node-2
                mount /srv/nfs/a -> nfs:nfs.example:/export/a, read-only
                mount /srv/disk/d -> hostPath /srv/disk/d on node node-1
                mount /tmp/ca.pem -> travels with the pod, 3 bytes, read-only
                mount /opt/claw/x -> pvc:claw/hosts/one/x, read-only: the allowed root /opt/claw/x may only be read
                """, out.toString());
        assertEquals("", err.toString());
        assertEquals(0, code);
        assertTrue(asked);
    }

    @Test
    void whatIsWrongIsMarkedAndTheExitCodeSaysSo() {
        found = Map.of(
                "claw",
                Optional.of("PersistentVolumeClaim clawpod-agents/claw is missing"),
                "single",
                Optional.empty());
        assertEquals(1, check("/opt/claw/x"));
        assertTrue(
                out.toString().contains("WRONG   PersistentVolumeClaim clawpod-agents/claw is missing\n"),
                out.toString());
        assertTrue(out.toString().contains("WRONG /opt/claw/x -> pvc:claw"), out.toString());
    }

    @Test
    void withoutTheClusterNothingIsAsked() {
        found = Map.of("claw", Optional.of("is missing"));
        assertEquals(0, check("--offline", "/opt/claw/x"));
        assertFalse(asked);
    }

    @Test
    void jsonHasTheSame() throws IOException {
        int code = check("-o", "json", "--offline", "/tmp", "/opt/claw/y:/workspace/extra/y", "/etc/shadow:/x:ro");
        JsonNode answer = new ObjectMapper().readTree(out.toString());
        assertEquals(1, code);
        assertFalse(answer.path("ok").asBoolean(true));
        assertEquals("pvc:claw/hosts/one", answer.at("/rules/1/source").asText());
        assertEquals("refused", answer.at("/mounts/0/outcome").asText());
        assertEquals("left-out", answer.at("/mounts/1/outcome").asText());
        assertTrue(answer.at("/mounts/1/place").asText().contains("no allowed root"), answer.toString());
        assertEquals("refused", answer.at("/mounts/2/outcome").asText());
        assertTrue(answer.at("/mounts/2/place").asText().contains("does not see it"), answer.toString());
    }

    @Test
    void aWrongAllowlistIsWrong() throws IOException {
        Files.writeString(folder.resolve("list.json"), "{}");
        assertEquals(1, check("--offline"));
        assertTrue(out.toString().startsWith("WRONG clawpod.volumes.allowlist.file"), out.toString());
    }

    @Test
    void wrongSettingsAreWrongAndWrongWordsAreUsage() {
        assertEquals(1, check("--config", "x.yaml"));
        assertTrue(err.toString().contains("clawpod.volumes.file is wrong; correct it"), err.toString());
        assertEquals(2, check("relative"));
        assertEquals(2, check("/a:/b:rw:x"));
        assertEquals(2, check("/a:/b:wx"));
        assertEquals(2, check("/a:/"));
        assertEquals(2, check("-o", "xml"));
        assertEquals(2, run("volumes"));
    }
}
