package io.clawpod.spawner.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import io.clawpod.common.ErrorCode;
import io.clawpod.common.InstallSlug;
import io.clawpod.spawner.docker.Report.Entry;
import io.clawpod.spawner.docker.Translation.Refused;
import io.clawpod.spawner.docker.Translation.Translated;
import io.clawpod.spawner.session.Heartbeat;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DockerRunTest {
    private final DockerRun dockerRun = new DockerRun(null, null, () -> "chosen");

    record WrongCase(String name, List<String> argv, String field, String code, List<String> flags, String says) {}

    record RightCase(String name, List<String> argv, JsonNode spec, List<String> changed) {}

    @TestFactory
    Stream<DynamicTest> whatCannotBeCarriedOutIsRefusedByNameWithEveryReason() {
        return Cases.table("refused.yaml", new TypeReference<List<WrongCase>>() {}).stream()
                .map(wrong -> DynamicTest.dynamicTest(wrong.name(), () -> refuses(wrong)));
    }

    private void refuses(WrongCase wrong) {
        Translation translation = translate(List.of("run", "--label", "nanoclaw-install=3f2a9c1e"), wrong.argv());
        Refused refused = assertInstanceOf(Refused.class, translation, translation::toString);
        assertEquals(wrong.field(), refused.first().field());
        assertEquals(ErrorCode.valueOf(wrong.code()), refused.code());
        assertEquals(wrong.flags(), flags(refused.report().refused()));
        String note = refused.report().refused().get(0).note();
        assertTrue(note.contains(wrong.says()), note);
        assertFalse(refused.first().remedy().isBlank());
        assertFalse(refused.toString().contains("hush"), "shows a value that may be a secret: " + refused);
    }

    @TestFactory
    Stream<DynamicTest> whatCanBeCarriedOutIsAsDockerDoesIt() {
        return Cases.table("accepted.yaml", new TypeReference<List<RightCase>>() {}).stream()
                .map(right -> DynamicTest.dynamicTest(right.name(), () -> accepts(right)));
    }

    private void accepts(RightCase right) {
        Translation translation = translate(
                List.of("run", "--name", "case", "--label", "nanoclaw-install=3f2a9c1e", "--user", "1:1", "--rm"),
                right.argv());
        Translated translated = assertInstanceOf(Translated.class, translation, translation::toString);
        JsonNode spec = Cases.tree(translated.spec());
        right.spec()
                .properties()
                .forEach(field -> assertEquals(
                        field.getValue().toString(), spec.path(field.getKey()).toString(), field.getKey()));
        assertEquals(right.changed(), flags(translated.report().changed()));
        assertEquals("3f2a9c1e/case", translated.key().toString());
    }

    @Test
    void everyFlagIsReportedWithItsPlace() {
        for (String name : List.of("v1", "v2.1", "labelled")) {
            List<String> argv = Cases.argv(name);
            Report report = new DockerRun(new InstallSlug("i"), null, () -> "chosen")
                    .translate(argv)
                    .report();
            for (int i = 1; i < argv.size() && !argv.get(i).equals("--"); i++) {
                int at = i;
                if (argv.get(i).startsWith("--")) {
                    assertTrue(
                            Stream.of(report.mapped(), report.changed(), report.refused())
                                    .flatMap(List::stream)
                                    .anyMatch(e -> e.index() != null
                                            && e.index() == at
                                            && argv.get(at).startsWith(e.flag())),
                            () -> name + ": argv[" + at + "] is in no list");
                }
            }
        }
    }

    @Test
    void whatAHostMountsAtWorkspaceHasTheConfiguredHeartbeat() {
        Heartbeat heartbeat = Heartbeat.ofFile("/workspace/.heartbeat");
        DockerRun configured = new DockerRun(new InstallSlug("i"), heartbeat, () -> "chosen");
        Translated host = assertInstanceOf(Translated.class, configured.translate(Cases.argv("v2.0.64")));
        assertEquals(heartbeat, host.spec().heartbeat());
        assertTrue(host.report().mapped().stream()
                .anyMatch(entry -> entry.flag().equals("-v")
                        && String.valueOf(entry.value()).endsWith(":/workspace")
                        && entry.note().contains("/workspace/.heartbeat")));
        for (String mount : List.of("/opt/a:/workspace2", "/opt/a:/workspace/agent", "/opt/workspace:/w")) {
            Translated other =
                    assertInstanceOf(Translated.class, configured.translate(List.of("run", "-v", mount, "image")));
            assertNull(other.spec().heartbeat(), mount);
        }
        Translated plain = assertInstanceOf(Translated.class, dockerRun.translate(Cases.argv("v2.0.64")));
        assertNull(plain.spec().heartbeat());
    }

    @Test
    void anArgvWithoutInstallIsRefusedUnlessOneIsConfigured() {
        Refused refused = assertInstanceOf(Refused.class, dockerRun.translate(List.of("run", "image")));
        assertEquals("argv", refused.first().field());
        assertTrue(refused.first().remedy().contains("--label nanoclaw-install=<slug>"));

        Translated translated = assertInstanceOf(
                Translated.class,
                new DockerRun(new InstallSlug("home"), null, () -> "chosen").translate(List.of("run", "image")));
        assertEquals("home/chosen", translated.key().toString());
        assertEquals(
                List.of("--rm", "--user", "--label", "--name"),
                flags(translated.report().changed()));
        assertNull(translated.report().changed().get(0).index());
    }

    @ParameterizedTest
    @CsvSource({"'', argv", "docker, argv[0]", "container, argv[0]", "ps, argv[0]", "docker ps, argv[0]"})
    void anArgvThatIsNoRunIsRefused(String words, String field) {
        List<String> argv = words.isEmpty() ? List.of() : List.of(words.split(" ", -1));
        Refused refused = assertInstanceOf(Refused.class, dockerRun.translate(argv));
        assertEquals(field, refused.first().field());
        assertEquals(ErrorCode.INVALID_SPEC, refused.code());
    }

    @Test
    void anArgvWithTooManyElementsIsRefused() {
        List<String> argv = new ArrayList<>(List.of("run", "image"));
        argv.addAll(Collections.nCopies(DockerRun.MAX_ELEMENTS, "x"));
        Refused refused = assertInstanceOf(Refused.class, dockerRun.translate(argv));
        assertTrue(refused.first().fault().contains("too many elements"));
    }

    @Test
    void aNameKeepsItsCapitalsAndMayBeLongButNotTooLong() {
        String longest = "Nano_Claw".repeat(40).substring(0, 253);
        List<String> install = List.of("run", "-lnanoclaw-install=i", "--name");
        Translated translated = assertInstanceOf(Translated.class, translate(install, List.of(longest, "image")));
        assertEquals(longest, translated.key().key());
        Refused refused = assertInstanceOf(Refused.class, translate(install, List.of(longest + "x", "image")));
        assertEquals("argv[2]", refused.first().field());
    }

    @Test
    void aLongValueIsCutShortInTheReport() {
        Translation translation = translate(
                List.of("run", "-l", "nanoclaw-install=i"), List.of("-l", "a=" + "\ud83d\ude00".repeat(5000), "image"));
        String shown = translation.report().mapped().get(1).value();
        assertTrue(shown != null && shown.length() < 600 && shown.endsWith("…"), shown);
        assertFalse(Character.isHighSurrogate(shown.charAt(shown.length() - 2)));
    }

    private Translation translate(List<String> before, List<String> argv) {
        return dockerRun.translate(Stream.concat(before.stream(), argv.stream()).toList());
    }

    private static List<String> flags(List<Entry> entries) {
        return entries.stream().map(Entry::flag).toList();
    }
}
