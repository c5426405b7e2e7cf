package io.clawpod.spawner.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.clawpod.common.InvalidValue;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FileContentTest {
    private static final FileContent SECRET = FileContent.of("hunter2".getBytes(StandardCharsets.UTF_8));

    @Test
    void itShowsItselfToNobodyWhoDoesNotAskForIt() throws JsonProcessingException {
        assertEquals("***", SECRET.toString());
        Mount mount = new Mount("/tmp/x", "/x", true, SECRET);
        assertFalse(mount.toString().contains("hunter2"), mount.toString());
        String json = new ObjectMapper().writeValueAsString(mount);
        assertEquals(
                "{\"hostPath\":\"/tmp/x\",\"containerPath\":\"/x\",\"readOnly\":true,\"content\":\"sha256:"
                        + "f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7\"}",
                json);
        assertEquals("aHVudGVyMg==", SECRET.revealBase64());
    }

    @Test
    void equalBytesAreEqual() {
        assertEquals(SECRET, FileContent.ofBase64("aHVudGVyMg=="));
        assertEquals(SECRET.hashCode(), FileContent.ofBase64("aHVudGVyMg==").hashCode());
        assertNotEquals(SECRET, FileContent.ofBase64("aHVudGVyMw=="));
    }

    @Test
    void itIsAsLargeAsItMayBeAndNoLarger() {
        assertEquals(
                FileContent.MAX_BYTES,
                FileContent.of(new byte[FileContent.MAX_BYTES]).size());
        InvalidValue fault =
                assertThrows(InvalidValue.class, () -> FileContent.of(new byte[FileContent.MAX_BYTES + 1]));
        assertEquals("content", fault.field());
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "aHVudGVyMg=", "aHVu dGVy", "aHVudGVyMg==\n", "_-8="})
    void whatIsNoBase64IsRefusedAndNotQuoted(String text) {
        InvalidValue fault = assertThrows(InvalidValue.class, () -> FileContent.ofBase64(text));
        assertEquals("content", fault.field());
        assertFalse(String.valueOf(fault.getMessage()).contains(text.strip() + " "), fault.getMessage());
    }

    @Test
    void aFileThatIsSentAlongIsReadOnly() {
        InvalidValue fault = assertThrows(InvalidValue.class, () -> new Mount("/tmp/x", "/x", false, SECRET));
        assertEquals("readOnly", fault.field());
    }
}
