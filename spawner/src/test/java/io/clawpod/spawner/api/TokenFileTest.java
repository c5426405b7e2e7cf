package io.clawpod.spawner.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TokenFileTest {
    private static final String ALICE = "alice-token-0123456789";
    private static final String BOB = "bob-token-0123456789ab";

    @TempDir
    Path folder = Path.of("");

    private Path path = Path.of("");
    private TokenFile file = new TokenFile(path);

    @BeforeEach
    void name() {
        path = folder.resolve("tokens");
        file = new TokenFile(path);
    }

    private void write(String text) throws IOException {
        Files.writeString(path, text);
        file.refresh();
    }

    @Test
    void beforeItIsReadNobodyIsKnown() throws IOException {
        Files.writeString(path, "alice " + ALICE);
        assertEquals(Optional.empty(), file.callerOf(ALICE));
        assertTrue(file.fault().isPresent());
    }

    @Test
    void eachLineIsACallerAndItsToken() throws IOException {
        write("# who may call\n\nalice " + ALICE + "\r\n  bob\t " + BOB + "  \n  # the end");
        assertEquals(Optional.of("alice"), file.callerOf(ALICE));
        assertEquals(Optional.of("bob"), file.callerOf(BOB));
        assertEquals(Optional.empty(), file.callerOf(""));
        assertEquals(Optional.empty(), file.callerOf(ALICE + "x"));
        assertEquals(Optional.empty(), file.callerOf("who"));
        assertEquals(Optional.empty(), file.fault());
    }

    @Test
    void aChangedFileCountsFromTheNextReading() throws IOException {
        write("alice " + ALICE);
        write("bob " + BOB);
        assertEquals(Optional.empty(), file.callerOf(ALICE));
        assertEquals(Optional.of("bob"), file.callerOf(BOB));
    }

    @Test
    void aFileThatAnotherFolderIsLinkedInForIsReadAgain() throws IOException {
        // As the kubelet changes a mounted Secret.
        Path one = Files.createDirectory(folder.resolve("..1"));
        Path two = Files.createDirectory(folder.resolve("..2"));
        Files.writeString(one.resolve("t"), "alice " + ALICE);
        Files.writeString(two.resolve("t"), "bob " + BOB);
        Files.setLastModifiedTime(two.resolve("t"), Files.getLastModifiedTime(one.resolve("t")));
        Path data = Files.createSymbolicLink(folder.resolve("..data"), one);
        TokenFile mounted = new TokenFile(data.resolve("t"));
        mounted.refresh();
        assertEquals(Optional.of("alice"), mounted.callerOf(ALICE));
        Files.delete(data);
        Files.createSymbolicLink(data, two);
        mounted.refresh();
        assertEquals(Optional.of("bob"), mounted.callerOf(BOB));
        assertEquals(Optional.empty(), mounted.callerOf(ALICE));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "# nobody",
                "alice",
                "alice short",
                "alice hush-hush-hush-hush and more",
                "bob bob-token-0123456789ab\nhush-hush-hush-hush",
                "alice 012345678901234"
            })
    void aWrongFileKeepsWhatWasReadBeforeAndIsTold(String text) throws IOException {
        write("alice " + ALICE);
        write(text);
        assertEquals(Optional.of("alice"), file.callerOf(ALICE));
        assertEquals(Optional.empty(), file.callerOf(BOB));
        String fault = file.fault().orElseThrow();
        assertFalse(fault.contains("hush") || fault.contains("0123"), fault);
        write("alice " + ALICE);
        assertEquals(Optional.empty(), file.fault());
    }

    @Test
    void theFaultNamesTheLine() throws IOException {
        write("# one\nalice " + ALICE + "\nbob short\n");
        String fault = file.fault().orElseThrow();
        assertTrue(fault.startsWith("line 3 of the token file"), fault);
        assertFalse(fault.contains("short"), fault);
    }

    @Test
    void aTokenHasAtLeast16Characters() throws IOException {
        write("alice 0123456789abcdef");
        assertEquals(Optional.of("alice"), file.callerOf("0123456789abcdef"));
    }

    @Test
    void aMissingFileIsToldAndKeepsWhatWasReadBefore() throws IOException {
        file.refresh();
        assertEquals(Optional.of("token file " + path + " cannot be read"), file.fault());
        write("alice " + ALICE);
        assertEquals(Optional.empty(), file.fault());
        Files.delete(path);
        file.refresh();
        assertTrue(file.fault().isPresent());
        assertEquals(Optional.of("alice"), file.callerOf(ALICE));
    }

    @Test
    void aFileThatIsNoTextIsTold() throws IOException {
        Files.write(path, "alice \u00ff0123456789abcdef".getBytes(StandardCharsets.ISO_8859_1));
        file.refresh();
        assertTrue(file.fault().isPresent());
    }

    @Test
    void aFileThatIsTooLargeIsToldAndNotRead() throws IOException {
        write("alice " + ALICE + "\n#" + "x".repeat(1 << 20));
        assertEquals(Optional.empty(), file.callerOf(ALICE));
        assertTrue(file.fault().orElseThrow().contains("too large"));
    }
}
