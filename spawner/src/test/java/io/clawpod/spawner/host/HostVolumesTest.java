package io.clawpod.spawner.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.plan.MountDecision;
import io.clawpod.spawner.plan.MountReview;
import io.clawpod.spawner.session.FileContent;
import io.clawpod.spawner.session.Mount;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.volume.Ownership;
import io.clawpod.spawner.volume.VolumeRule;
import io.clawpod.spawner.volume.VolumeSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of mounts, on a host whose file system is seen in a folder. */
final class HostVolumesTest {
    private static final String LIST =
            "{\"allowedRoots\": [{\"path\": \"/home/me/projects\", \"allowReadWrite\": false}], \"blockedPatterns\": []}";

    @SuppressWarnings("NullAway.Init")
    @TempDir
    Path folder;

    private Path host(String path) throws IOException {
        Path at = folder.resolve("host").resolve(path.substring(1));
        Files.createDirectories(at.getParent());
        return at;
    }

    private void file(String path, String text) throws IOException {
        Files.writeString(host(path), text);
    }

    private void link(String path, String target) throws IOException {
        Files.createSymbolicLink(host(path), Path.of(target));
    }

    private static List<VolumeRule> rules(String... rules) {
        return Stream.of(rules)
                .map(rule -> rule.split(" ", 2))
                .map(rule -> new VolumeRule(rule[0], VolumeSource.parse(rule[1], null)))
                .toList();
    }

    private HostVolumes volumes(boolean seen, @Nullable Path list, @Nullable Path file, String... rules)
            throws IOException {
        Files.createDirectories(folder.resolve("host"));
        return new HostVolumes(new VolumeSettings(
                rules(rules),
                Ownership.CHOWN,
                file,
                list,
                "/workspace/extra",
                "/home/me",
                seen ? folder.resolve("host") : null));
    }

    private static MountDecision decide(HostVolumes volumes, Mount mount) {
        return volumes.review(SessionSpec.builder("agent:1").mount(mount).build())
                .decisions()
                .get(0);
    }

    private static MountDecision decide(HostVolumes volumes, String path, boolean readOnly) {
        return decide(volumes, new Mount(path, "/x", readOnly));
    }

    private static void assertPlaced(String path, MountDecision decision) {
        assertEquals(new MountDecision.Place(path, false, null), decision);
    }

    private static void assertRefused(String says, MountDecision decision) {
        MountDecision.Refuse refused = assertInstanceOf(MountDecision.Refuse.class, decision, decision::toString);
        assertTrue(refused.fault().contains(says), refused.fault());
    }

    @Test
    void aLinkIsFollowedAsTheHostFollowsIt() throws IOException {
        file("/opt/claw/data/f", "x");
        link("/opt/claw/absolute", "/opt/claw/data");
        link("/opt/claw/relative", "../claw/./data/");
        link("/opt/claw/chain", "absolute");
        HostVolumes volumes = volumes(true, null, null, "/opt/claw pvc:data");
        for (String name : List.of("absolute", "relative", "chain")) {
            assertPlaced("/opt/claw/data", decide(volumes, "/opt/claw/" + name, false));
            assertPlaced("/opt/claw/data/f", decide(volumes, "/opt/claw/" + name + "/f", false));
            assertPlaced("/opt/claw/data/new", decide(volumes, "/opt/claw/" + name + "/new", false));
        }
    }

    @Test
    void aLinkLeadsOutOfNoRule() throws IOException {
        file("/etc/shadow", "root");
        Files.createDirectories(host("/opt/claw/groups/x"));
        link("/opt/claw/groups/evil", "/etc");
        link("/opt/claw/groups/climb", "../../../etc");
        link("/opt/claw/groups/far", "../../../../../../etc");
        link("/opt/claw/groups/file", "/etc/shadow");
        link("/opt/claw/groups/unseen", "/root/secret");
        HostVolumes volumes = volumes(true, null, null, "/opt/claw pvc:data");
        for (String path : List.of("evil", "evil/shadow", "climb/shadow", "far/shadow", "file", "unseen", "unseen/x")) {
            assertRefused("leads by a link out of the volume rules", decide(volumes, "/opt/claw/groups/" + path, true));
        }
    }

    @Test
    void aLinkThatLeadsIntoAnotherRuleIsPlacedByThatOne() throws IOException {
        Files.createDirectories(host("/srv/shared/docs/x"));
        link("/opt/claw/docs", "/srv/shared/docs");
        HostVolumes volumes = volumes(true, null, null, "/opt/claw pvc:data", "/srv/shared nfs:nfs.example:/x");
        assertPlaced("/srv/shared/docs", decide(volumes, "/opt/claw/docs", false));
    }

    @Test
    void aPrefixThatIsALinkHoldsWhatLiesBelowItsRealPathButForTheNodesOwnDisk() throws IOException {
        Files.createDirectories(host("/data/claw/groups/x"));
        link("/opt/claw", "/data/claw");
        link("/opt/disk", "/data/claw");
        HostVolumes volumes = volumes(true, null, null, "/opt/claw pvc:data", "/opt/disk hostPath");
        MountReview review = volumes.review(SessionSpec.builder("agent:1")
                .mount(new Mount("/opt/claw/groups", "/x", false))
                .build());
        assertEquals(List.of(new MountDecision.Place("/data/claw/groups", false, null)), review.decisions());
        assertEquals(
                "groups",
                review.rules().place("/data/claw/groups").orElseThrow().relativePath());
        HostVolumes disk = volumes(true, null, null, "/opt/disk hostPath");
        assertRefused("leads by a link out", decide(disk, "/opt/disk/groups", false));
    }

    @Test
    void aPathOfTheNodesOwnDiskThatCannotBeFollowedIsRefused() throws IOException {
        link("/opt/claw/circle", "circle");
        HostVolumes volumes = volumes(true, null, null, "/opt/claw hostPath");
        assertRefused("cannot follow", decide(volumes, "/opt/claw/circle/x", false));
        // A claim's subPath does not leave the claim wherever it leads.
        assertPlaced(
                "/opt/claw/circle/x",
                decide(volumes(true, null, null, "/opt/claw pvc:data"), "/opt/claw/circle/x", false));
    }

    @Test
    void withoutSightOfTheHostPathsAreTakenAsTheyAreSpelt() throws IOException {
        link("/opt/claw/evil", "/etc");
        HostVolumes volumes = volumes(false, null, null, "/opt/claw pvc:data");
        assertPlaced("/opt/claw/evil", decide(volumes, "/opt/claw/evil", false));
        assertPlaced("/tmp/x", decide(volumes, "/tmp/x", false));
        assertEquals(Optional.empty(), volumes.read("/opt/claw/evil"));
    }

    @Test
    void aSmallFileOutsideTheRulesTravelsWithThePod() throws IOException {
        file("/tmp/ca.pem", "PEM");
        link("/tmp/latest.pem", "ca.pem");
        HostVolumes volumes = volumes(true, null, null, "/opt/claw pvc:data");
        FileContent content = FileContent.ofBase64("UEVN");
        assertEquals(new MountDecision.Carry(content, "/tmp/ca.pem", null), decide(volumes, "/tmp/ca.pem", true));
        assertEquals(new MountDecision.Carry(content, "/tmp/ca.pem", null), decide(volumes, "/tmp/latest.pem", true));
        assertEquals(Optional.of(content), volumes.read("/tmp/ca.pem"));
        assertRefused("cannot be written", decide(volumes, "/tmp/ca.pem", false));
        assertRefused("no file", decide(volumes, "/tmp", true));
        assertRefused("does not see it", decide(volumes, "/tmp/other.pem", true));
        assertRefused("does not see it", decide(volumes, "/tmp/ca.pem/x", true));
    }

    @Test
    void aFileThatIsTooLargeToTravelIsRefused() throws IOException {
        Files.write(host("/tmp/large"), new byte[FileContent.MAX_BYTES + 1]);
        Files.write(host("/tmp/fits"), new byte[FileContent.MAX_BYTES]);
        HostVolumes volumes = volumes(true, null, null);
        assertRefused("larger than the 256 KiB", decide(volumes, "/tmp/large", true));
        assertInstanceOf(MountDecision.Carry.class, decide(volumes, "/tmp/fits", true));
        assertEquals(Optional.empty(), volumes.read("/tmp/large"));
    }

    @Test
    void whatTheCallerSendsNeedBeNowhere() throws IOException {
        FileContent content = FileContent.ofBase64("UEVN");
        for (boolean seen : List.of(true, false)) {
            assertEquals(
                    new MountDecision.Carry(content, null, null),
                    decide(volumes(seen, null, null), new Mount("/nowhere", "/x", true, content)));
        }
    }

    @Test
    void theAllowlistGovernsItsFolderAndNothingElse() throws IOException {
        Files.createDirectories(host("/home/me/projects/a"));
        Files.createDirectories(host("/home/me/other"));
        link("/home/me/projects/keys", "/home/me/.ssh");
        Files.createDirectories(host("/home/me/.ssh"));
        Path list = Files.writeString(folder.resolve("list.json"), LIST);
        HostVolumes volumes = volumes(true, list, null, "/home pvc:home");
        assertEquals(
                new MountDecision.Place(
                        "/home/me/projects/a", true, "the allowed root /home/me/projects may only be read"),
                decide(volumes, new Mount("/home/me/projects/a", "/workspace/extra/a", false)));
        assertEquals(
                new MountDecision.Place("/home/me/projects/a", true, null),
                decide(volumes, new Mount("/home/me/projects/a", "/workspace/extra/a", true)));
        assertDropped("no allowed root", decide(volumes, new Mount("/home/me/other", "/workspace/extra/a", true)));
        assertDropped("'.ssh'", decide(volumes, new Mount("/home/me/projects/keys", "/workspace/extra/a", true)));
        assertDropped("not exist", decide(volumes, new Mount("/home/me/projects/b", "/workspace/extra/a", true)));
        assertDropped("its place", decide(volumes, new Mount("/home/me/projects/a", "/workspace/extra", true)));
        assertPlaced("/home/me/other", decide(volumes, new Mount("/home/me/other", "/workspace/extras", false)));
        assertPlaced("/home/me/other", decide(volumes, new Mount("/home/me/other", "/workspace", false)));
    }

    private static void assertDropped(String says, MountDecision decision) {
        MountDecision.Drop dropped = assertInstanceOf(MountDecision.Drop.class, decision, decision::toString);
        assertTrue(dropped.why().contains(says), dropped.why());
    }

    @Test
    void aMissingOrWrongAllowlistBlocksWhatItGovernsUntilItIsRight() throws IOException {
        Path list = folder.resolve("list.json");
        HostVolumes volumes = volumes(false, list, null, "/home pvc:home");
        Mount governed = new Mount("/home/me/projects/a", "/workspace/extra/a", true);
        assertDropped("no valid mount allowlist", decide(volumes, governed));
        assertEquals(1, volumes.faults().size());
        assertPlaced("/home/me", decide(volumes, "/home/me", false));

        Files.writeString(list, LIST);
        volumes.refresh();
        assertEquals(List.of(), volumes.faults());
        assertInstanceOf(MountDecision.Place.class, decide(volumes, governed));

        Files.writeString(list, "{}");
        volumes.refresh();
        assertDropped("no valid mount allowlist", decide(volumes, governed));
        assertTrue(
                volumes.faults().get(0).contains("allowedRoots"),
                volumes.faults().get(0));

        Files.writeString(list, LIST);
        volumes.refresh();
        assertInstanceOf(MountDecision.Place.class, decide(volumes, governed));
        Files.delete(list);
        volumes.refresh();
        assertDropped("no valid mount allowlist", decide(volumes, governed));
    }

    @Test
    void rulesOfAFileAreReadAgainAndTheLastGoodOnesHold() throws IOException {
        Path file = Files.writeString(folder.resolve("volumes.yaml"), "rules:\n- {host-prefix: /a, source: pvc:a}\n");
        HostVolumes volumes = volumes(false, null, file, "/s pvc:s");
        assertEquals(List.of("/a", "/s"), volumes.rules().prefixes());
        Files.writeString(file, "{\"rules\": [{\"host-prefix\": \"/b\", \"source\": \"hostPath\", \"node\": \"n\"}]}");
        volumes.refresh();
        assertEquals(List.of("/b", "/s"), volumes.rules().prefixes());
        assertEquals(Set.of("s"), volumes.claims());
        for (String wrong : List.of(
                "rules:\n- {host-prefix: /c, source: pvc:c}\n- {host-prefix: /s/, source: pvc:c}\n",
                "rules:\n- {host-prefix: /c, source: floppy}\n",
                "rules:\n- {hostPrefix: /c, source: pvc:c}\n",
                "rules: {}\n",
                "")) {
            Files.writeString(file, wrong);
            volumes.refresh();
            assertEquals(List.of("/b", "/s"), volumes.rules().prefixes(), wrong);
            assertEquals(1, volumes.faults().size(), wrong);
        }
        Files.writeString(file, "rules: []\n");
        volumes.refresh();
        assertEquals(List.of("/s"), volumes.rules().prefixes());
        assertEquals(List.of(), volumes.faults());
        Files.delete(file);
        volumes.refresh();
        assertFalse(volumes.faults().isEmpty());
        assertEquals(List.of("/s"), volumes.rules().prefixes());
    }

    @Test
    void aWrongRulesFileStopsTheStart() throws IOException {
        Path file = Files.writeString(
                folder.resolve("volumes.yaml"),
                "rules:\n- {host-prefix: /c, source: pvc:c}\n- {host-prefix: /s/, source: pvc:c}\n");
        InvalidValue fault = assertThrows(InvalidValue.class, () -> volumes(false, null, file, "/s pvc:s"));
        assertEquals("clawpod.volumes.file", fault.field());
        assertTrue(fault.fault().contains("rules[1].host-prefix has a rule already"), fault.fault());
        assertThrows(InvalidValue.class, () -> volumes(false, null, folder.resolve("none.yaml")));
    }
}
