package io.clawpod.spawner.docker.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.clawpod.spawner.session.RemoteProcess.Output;
import io.smallrye.mutiny.Multi;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an agent writes and a client types, put into Docker's forms. */
final class StreamFormsTest {
    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String shown(List<Output> pieces) {
        StringBuilder shown = new StringBuilder();
        pieces.forEach(piece -> shown.append(piece.error() ? "E:" : "O:")
                .append(new String(piece.bytes(), StandardCharsets.UTF_8))
                .append('|'));
        return shown.toString();
    }

    // --- frames ---

    @Test
    void aFrameHasItsStreamAndItsLength() {
        assertEquals(
                Buffer.buffer(new byte[] {1, 0, 0, 0, 0, 0, 0, 2, 'h', 'i'}),
                Frames.of(new Output(false, bytes("hi"))));
        byte[] large = new byte[0x1_0203];
        Buffer frame = Frames.of(new Output(true, large));
        assertArrayEquals(new byte[] {2, 0, 0, 0, 0, 1, 2, 3}, frame.getBytes(0, 8));
        assertEquals(8 + large.length, frame.length());
    }

    @Test
    void aTerminalsOutputGoesAsItIs() {
        assertEquals(Buffer.buffer("hi"), Frames.of(new Output(true, bytes("hi")), true));
    }

    // --- lines of standard error ---

    @Test
    void aLineOfTheLogIsStandardErrorsIfItWasSeenThere() {
        ErrorLines lines = new ErrorLines();
        lines.error(bytes("oo"));
        lines.error(bytes("ps\nworse\n"));
        assertEquals("O:one\n|E:oops\n|O:two\n|E:worse\n|", shown(lines.log(bytes("one\noops\ntwo\nworse\n"))));
    }

    @Test
    void neighboursOfOneStreamAreOnePiece() {
        ErrorLines lines = new ErrorLines();
        lines.error(bytes("a\nb\n"));
        assertEquals("E:a\nb\n|O:c\nd\n|", shown(lines.log(bytes("a\nb\nc\nd\n"))));
    }

    @Test
    void theBeginOfALineWaitsForItsEnd() {
        ErrorLines lines = new ErrorLines();
        assertEquals("", shown(lines.log(bytes("on"))));
        assertEquals("O:one\n|", shown(lines.log(bytes("e\ntw"))));
        assertEquals("O:tw|", shown(lines.end()));
        assertEquals("", shown(lines.end()));
    }

    @Test
    void aLastLineWithoutAnEndIsToldToo() {
        ErrorLines lines = new ErrorLines();
        lines.error(bytes("no end"));
        assertEquals("", shown(lines.log(bytes("no end"))));
        assertEquals("E:no end|", shown(lines.end()));
    }

    @Test
    void whatWasSeenBeforeALineOfTheLogWasMissedThere() {
        ErrorLines lines = new ErrorLines();
        lines.error(bytes("lost\nseen\n"));
        assertEquals("E:seen\n|O:lost\n|", shown(lines.log(bytes("seen\nlost\n"))));
    }

    @Test
    void aLineLongerThanWhatIsRememberedIsNotHeldBack() {
        ErrorLines lines = new ErrorLines();
        byte[] piece = new byte[ErrorLines.MAX_REMEMBERED / 2];
        Arrays.fill(piece, (byte) 'x');
        assertEquals(0, lines.log(piece).size());
        assertEquals(0, lines.log(piece).size());
        assertEquals(ErrorLines.MAX_REMEMBERED + 1, lines.log(bytes("y")).get(0).bytes().length);
        assertEquals(0, lines.end().size());
    }

    @Test
    void noMoreOfStandardErrorIsRememberedThanTheBound() {
        ErrorLines lines = new ErrorLines();
        String filler = "f".repeat((1 << 16) - 1) + "\n";
        lines.error(bytes("first\n"));
        for (int i = 0; i < ErrorLines.MAX_REMEMBERED / filler.length(); i++) {
            lines.error(bytes(filler));
        }
        assertEquals("O:first\n|", shown(lines.log(bytes("first\n"))));
    }

    // --- the beginning of a terminal ---

    @ParameterizedTest
    @CsvSource({
        "'', live, live",
        "before, live, beforelive",
        "before live, live, before live",
        "before li, live, before live",
        "before live and, live, before live",
        "aaa, aa, aa",
        "abab, abc, ababc",
        "ab, abc, abc",
    })
    void whatIsThereTwiceIsShownOnce(String beginning, String live, String joint) {
        TerminalBeginning terminal = new TerminalBeginning(bytes(beginning));
        String seen = new String(terminal.join(bytes(live)), StandardCharsets.UTF_8);
        // What the log had beyond the live piece comes again with the next one.
        assertEquals(joint, seen);
        assertEquals("next", new String(terminal.join(bytes("next")), StandardCharsets.UTF_8));
    }

    // --- detaching ---

    @ParameterizedTest
    @CsvSource({
        ", 'a\u0010b', 'a\u0010b'",
        ", 'a\u0010\u0011b', ",
        "ctrl-], 'x\u001dy', ",
        "'a,b', 'xay', 'xay'",
        "'a,b', 'xaby', ",
        "'a,a,b', 'xab', 'xab'",
        "ctrl-@, 'ab', 'ab'",
        "CTRL-C, 'a\u0003', ",
    })
    void theKeysEndIt(@Nullable String keys, String typed, @Nullable String passed) {
        Buffer rest = DetachKeys.parse(keys).filter(Buffer.buffer(typed));
        assertEquals(passed, rest == null ? null : rest.toString());
    }

    @Test
    void theKeysMayComeOneByOneAndAreHeldBackUntilThen() {
        DetachKeys keys = DetachKeys.parse(null);
        assertEquals(Buffer.buffer(), keys.filter(Buffer.buffer("\u0010")));
        assertEquals(Buffer.buffer("\u0010x"), keys.filter(Buffer.buffer("x")));
        assertEquals(Buffer.buffer(), keys.filter(Buffer.buffer("\u0010")));
        assertNull(keys.filter(Buffer.buffer("\u0011")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ctrl-", "ctrl-1", "ab", "a,,b", "ctrl-p;ctrl-q", "ctrl-ä", "é"})
    void whatIsNoKeyIsRefused(String text) {
        assertEquals(
                400,
                assertThrows(EngineRefusal.class, () -> DetachKeys.parse(text)).status());
    }

    // --- the log up to a time ---

    private static String until(@Nullable String until, boolean timestamps, String... pieces) {
        List<Output> seen = new LogLines(until == null ? null : Instant.parse(until), timestamps)
                .until(Multi.createFrom().items(Arrays.stream(pieces).map(StreamFormsTest::bytes)))
                .collect()
                .asList()
                .await()
                .atMost(Duration.ofSeconds(20));
        StringBuilder text = new StringBuilder();
        seen.forEach(piece -> text.append(new String(piece.bytes(), StandardCharsets.UTF_8)));
        return text.toString();
    }

    private static final String THREE = """
            2026-01-02T03:04:05.000000001Z one
            2026-01-02T03:04:06.5Z two
            2026-01-02T05:04:07+02:00 three
            """;

    @Test
    void aLogEndsWithTheLastLineUpToItsTime() {
        assertEquals("one\ntwo\nthree\n", until("2026-01-02T03:04:07Z", false, THREE));
        assertEquals("one\ntwo\n", until("2026-01-02T03:04:06.999Z", false, THREE));
        assertEquals("", until("2026-01-02T03:04:05Z", false, THREE));
        assertEquals(THREE, until("2026-01-02T04:00:00Z", true, THREE));
    }

    @Test
    void piecesMayBeCutAnywhere() {
        for (int cut = 0; cut <= THREE.length(); cut++) {
            assertEquals(
                    "one\ntwo\n",
                    until("2026-01-02T03:04:06.5Z", false, THREE.substring(0, cut), THREE.substring(cut)));
        }
    }

    @Test
    void aLastLineWithoutAnEndIsShown() {
        assertEquals(
                "one\nlast",
                until("2026-01-02T04:00:00Z", false, "2026-01-02T03:04:05Z one\n", "2026-01-02T03:04:05Z last"));
    }

    @Test
    void aLongLineIsNotHeldBack() {
        LogLines lines = new LogLines(Instant.MAX, false);
        List<Integer> sizes = new ArrayList<>();
        byte[] piece = new byte[1000];
        Arrays.fill(piece, (byte) 'x');
        lines.until(Multi.createFrom().items(bytes("2026-01-02T03:04:05Z "), piece, piece))
                .subscribe()
                .with(output -> sizes.add(output.bytes().length));
        assertEquals(List.of(1000, 1000), sizes);
    }

    @Test
    void theRestOfALineBelongsToIt() {
        assertEquals("a\nb c\n", until("2026-01-02T04:00:00Z", false, "2026-01-02T03:04:05Z a\nb c\n"));
        assertEquals("", until("2026-01-02T03:00:00Z", false, "2026-01-02T03:04:05Z a\nb c\n"));
        assertEquals("\n", until("2026-01-02T04:00:00Z", false, "\n"));
    }

    @Test
    void aStreamThatGoesOnIsLetGoOfAtItsTime() {
        List<String> asked = new ArrayList<>();
        Multi<byte[]> endless = Multi.createFrom().emitter(emitter -> {
            emitter.onTermination(() -> asked.add("cancelled"));
            emitter.emit(bytes("2026-01-02T03:04:05Z a\n"));
            emitter.emit(bytes("2026-01-02T03:04:09Z b\n"));
        });
        List<Output> seen = new LogLines(Instant.parse("2026-01-02T03:04:06Z"), false)
                .until(endless)
                .collect()
                .asList()
                .await()
                .atMost(Duration.ofSeconds(20));
        assertEquals("O:a\n|", shown(Objects.requireNonNull(seen)));
        assertEquals(List.of("cancelled"), asked);
    }
}
