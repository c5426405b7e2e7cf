package io.clawpod.spawner.docker.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.testing.CaseFiles;
import io.clawpod.spawner.testing.SampleSessions;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients and containers write, read as values. */
final class ReadingsTest {
    private static EngineRefusal refused(Runnable reading) {
        return assertThrows(EngineRefusal.class, reading::run);
    }

    // --- versions, ids, signals ---

    @ParameterizedTest
    @CsvSource({
        "1.24, ",
        "1.48, ",
        "1.43, ",
        "1.23, client version 1.23 is too old. Minimum supported API version is 1.24",
        "0.99, is too old",
        "1.49, client version 1.49 is too new. Maximum supported API version is 1.48",
        "2.0, is too new",
        "1, is no API version",
        "1.24.1, is no API version",
        "v1.24, is no API version",
        "1.9999, is no API version",
    })
    void aVersionIsOneThatIsSpokenHere(String text, @Nullable String refusal) {
        if (refusal == null) {
            assertEquals(text, ApiVersion.parse(text).toString());
        } else {
            EngineRefusal refused = refused(() -> ApiVersion.parse(text));
            assertEquals(400, refused.status());
            assertTrue(String.valueOf(refused.getMessage()).contains(refusal), refused.getMessage());
        }
    }

    @Test
    void versionsCompareByNumber() {
        assertTrue(ApiVersion.parse("1.42").isAtLeast(1, 42));
        assertFalse(ApiVersion.parse("1.41").isAtLeast(1, 42));
        assertTrue(new ApiVersion(1, 100).compareTo(ApiVersion.GREATEST) > 0);
    }

    @Test
    void anIdBeginsAsThePodsNameEnds() {
        SessionKey key = SessionKey.of("3f2a9c1e", "nanoclaw-v2-Family_Chat-1769000000000");
        String id = ContainerId.of(key);
        assertEquals(64, id.length());
        assertTrue(key.podName().endsWith("-" + id.substring(0, 10)), id + " " + key.podName());
        assertEquals(id, ContainerId.of(key));
    }

    @ParameterizedTest
    @CsvSource({"0a1b, true", "f, true", "'', false", "0g, false", "0A, false", "'0a ', false"})
    void anIdMayBeWrittenByItsBeginning(String text, boolean prefix) {
        assertEquals(prefix, ContainerId.isPrefix(text));
        assertFalse(ContainerId.isPrefix("0".repeat(65)));
    }

    @ParameterizedTest
    @CsvSource({
        ", KILL",
        "KILL, KILL",
        "SIGKILL, KILL",
        "sigterm, TERM",
        "hup, HUP",
        "9, KILL",
        "15, TERM",
        "10, USR1",
        "28, WINCH",
    })
    void aSignalHasItsName(@Nullable String text, String name) {
        assertEquals(name, Signals.name(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "7", "64", "99", "100", "SIG", "SIGNONE", "-9", "KILL; rm", "\u0130NT"})
    void whatIsNoSignalIsRefused(String text) {
        EngineRefusal refused = refused(() -> Signals.name(text));
        assertEquals(400, refused.status());
        assertEquals("Invalid signal: " + text, refused.getMessage());
    }

    // --- filters ---

    private static final Set<String> KNOWN = Set.of("label", "name");

    @Test
    void filtersComeAsListsOrAsObjects() {
        Filters lists = Filters.parse("{\"label\":[\"a=b\",\"c\"],\"name\":[]}", KNOWN);
        Filters objects = Filters.parse("{\"label\":{\"a=b\":true,\"c\":true},\"name\":{}}", KNOWN);
        assertEquals(lists, objects);
        assertTrue(lists.has("label"));
        assertFalse(lists.has("name"));
        assertEquals(Filters.NONE, Filters.parse(null, KNOWN));
        assertEquals(Filters.NONE, Filters.parse("", KNOWN));
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "[]", "{\"label\":1}", "{\"label\":\"a\"}", "\"label\"", "{\"label\":[\"a\"]", "null"})
    void filtersThatCannotBeReadAreRefused(String text) {
        EngineRefusal refused = refused(() -> Filters.parse(text, KNOWN));
        assertEquals(400, refused.status());
        assertTrue(String.valueOf(refused.getMessage()).startsWith("filters: "), refused.getMessage());
    }

    @Test
    void anUnknownFilterIsRefusedByName() {
        assertEquals(
                "invalid filter 'publish'; use one of [label, name]",
                refused(() -> Filters.parse("{\"publish\":[\"80\"]}", KNOWN)).getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "'[\"a\"]', true",
        "'[\"a=1\"]', true",
        "'[\"a=1\",\"b\"]', true",
        "'[\"a=2\"]', false",
        "'[\"a\",\"c\"]', false",
        "'[\"b=\"]', true",
        "'[\"e=x=y\"]', true",
        "'[\"a=\"]', false",
        "'[]', true",
    })
    void everyLabelHasToMatch(String labels, boolean matches) {
        assertEquals(
                matches,
                Filters.parse("{\"label\":" + labels + "}", KNOWN).labelsMatch(Map.of("a", "1", "b", "", "e", "x=y")));
    }

    // --- addresses ---

    @ParameterizedTest
    @CsvSource({
        "tcp://127.0.0.1:2375, 127.0.0.1, 2375, ''",
        "tcp://0.0.0.0:0/, 0.0.0.0, 0, ''",
        "tcp://[::1]:2375, ::1, 2375, ''",
        "unix:///run/clawpod.sock, '', 0, /run/clawpod.sock",
        "' tcp://localhost:2375 ', localhost, 2375, ''",
    })
    void anAddressIsReadAsDockerWritesIt(String text, String host, int port, String path) {
        assertEquals(List.of(new ListenAddress(host, port, path)), ListenAddress.parse(List.of(text)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "127.0.0.1:2375",
                "tcp://127.0.0.1",
                "tcp://127.0.0.1:65536",
                "tcp://:2375",
                "tcp://user@127.0.0.1:2375",
                "tcp://127.0.0.1:2375/path",
                "tcp://127.0.0.1:2375?x",
                "http://127.0.0.1:2375",
                "unix://run/clawpod.sock",
                "unix:run.sock",
                "fd://",
                "tcp://a b:1"
            })
    void whatIsNoAddressIsRefusedByItsSetting(String text) {
        InvalidValue fault =
                assertThrows(InvalidValue.class, () -> ListenAddress.parse(List.of("tcp://127.0.0.1:1", text)));
        assertEquals("clawpod.docker-engine.listen[1]", fault.field());
    }

    @Test
    void aPathFitsIntoASocketsAddress() {
        String most = "/" + "p".repeat(106);
        assertEquals(most, ListenAddress.parse(List.of("unix://" + most)).get(0).path());
        assertThrows(InvalidValue.class, () -> ListenAddress.parse(List.of("unix://" + most + "p")));
    }

    @Test
    void aSocketThatNobodyServesIsTakenAway(@TempDir Path folder) throws IOException {
        Path path = folder.resolve("s");
        ListenAddress address = ListenAddress.parse(List.of("unix://" + path)).get(0);
        address.prepare();
        try (ServerSocketChannel served = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            served.bind(UnixDomainSocketAddress.of(path));
            assertTrue(
                    assertThrows(InvalidValue.class, address::prepare).fault().contains(path.toString()));
            address.protect();
            assertEquals("rw-rw----", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
        }
        assertTrue(Files.exists(path));
        address.prepare();
        assertFalse(Files.exists(path));
    }

    @Test
    void aFileThatIsNoSocketStays(@TempDir Path folder) throws IOException {
        Path path = Files.writeString(folder.resolve("s"), "precious");
        ListenAddress address = ListenAddress.parse(List.of("unix://" + path)).get(0);
        assertEquals(
                "choose a path where nothing is",
                assertThrows(InvalidValue.class, address::prepare).remedy());
        assertEquals("precious", Files.readString(path));
    }

    // --- files ---

    @ParameterizedTest
    @CsvSource({
        "0100644, 0644",
        "0040755, 020000000755",
        "0120777, 01000000777",
        "0060660, 0400000660",
        "0020620, 0410000620",
        "0010600, 0200000600",
        "0140755, 0100000755",
        "0104755, 040000755",
        "0102755, 020000755",
        "0041777, 020004000777",
    })
    void aModeIsThatOfGo(String stat, String go) {
        assertEquals(Long.parseLong(go, 8), Archives.goMode(Integer.parseInt(stat, 8)));
    }

    @ParameterizedTest
    @CsvSource({
        "/a/b, /a, b",
        "/a/b/, /a, b",
        "/a, /, a",
        "/, /, .",
        "/a/b/., /a/b, .",
        "/a//b, '/a/', b",
        "/-rf, /, -rf",
    })
    void aPathIsPackedByItsName(String path, String folder, String name) {
        assertEquals(List.of("tar", "-C", folder, "-cf", "-", "--", name), Archives.pack(path));
    }

    @Test
    void whatStatPrintsIsTheHeaderOfACopy() throws IOException {
        String header = Archives.encoded("/tmp/link", "a1ff 5 1767323045\ntarget\n");
        JsonNode stat = CaseFiles.YAML.readTree(Base64.getDecoder().decode(header));
        assertEquals("link", stat.path("name").asText());
        assertEquals(5, stat.path("size").asInt());
        assertEquals(1L << 27 | 0777, stat.path("mode").asLong());
        assertEquals("2026-01-02T03:04:05Z", stat.path("mtime").asText());
        assertEquals("target", stat.path("linkTarget").asText());
    }

    // --- what a container tells of itself ---

    @Test
    void aTableHasItsTitlesAndTheLastColumnMayHaveSpaces() {
        JsonNode table = Observing.table("  UID   PID CMD\nroot     1 sh -c  sleep 9\n\nnode     7 node\n");
        assertEquals("[\"UID\",\"PID\",\"CMD\"]", table.path("Titles").toString());
        assertEquals(
                "[[\"root\",\"1\",\"sh -c  sleep 9\"],[\"node\",\"7\",\"node\"]]",
                table.path("Processes").toString());
        assertEquals("{\"Titles\":[],\"Processes\":[]}", Observing.table("").toString());
    }

    /** @param shown parts of the answer by JSON pointer */
    record Usage(String name, String printed, Map<String, String> shown) {}

    @TestFactory
    Stream<DynamicTest> aControlGroupBecomesDockersNumbers() {
        return CaseFiles.table("docker-engine/usage.yaml", new TypeReference<List<Usage>>() {}).stream()
                .map(usage -> DynamicTest.dynamicTest(usage.name(), () -> {
                    UsageReading reading =
                            UsageReading.parse(SampleSessions.running("k", "u"), Instant.EPOCH, usage.printed());
                    JsonNode shown = reading.shown(reading);
                    usage.shown()
                            .forEach((pointer, value) ->
                                    assertEquals(value, shown.at(pointer).asText(), pointer));
                }));
    }

    @Test
    void aContainerThatDoesNotRunHasUsedNothing() {
        JsonNode none = UsageReading.none(SampleSessions.running("k", "u"));
        assertEquals(0, none.at("/cpu_stats/cpu_usage/total_usage").asInt(-1));
        assertTrue(none.at("/memory_stats/usage").isMissingNode());
        assertEquals("/k", none.path("name").asText());
    }
}
