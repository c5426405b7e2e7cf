package io.clawpod.proxy.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonLineTest {
    private static String text(JsonLine line) {
        return new String(line.end(), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "plain/value",
                "two\nlines\r\n\"quoted\" \\ {\"status\":200}",
                "\",\"decision\":\"allow",
                "\u0000\u001b[31m\u007f\u0085\u2028\u2029",
                "ümläut 😀",
            })
    void aValueComesBackAsItWasAndTheLineStaysOne(String value) {
        String line = text(new JsonLine().add("value", value));
        assertEquals(1, line.lines().count());
        assertEquals(line.length() - 1, line.indexOf('\n'));
        assertFalse(line.chars().limit(line.length() - 1L).anyMatch(c -> Character.isISOControl(c) || c == 0x2028));
        assertEquals(value, new JsonObject(line).getString("value"));
        assertEquals(1, new JsonObject(line).size());
    }

    @Test
    void halfACharacterBreaksNoReader() {
        String line = text(new JsonLine().add("value", "a\ud83d"));
        assertEquals("{\"value\":\"a\\uD83D\"}\n", line);
    }

    @Test
    void membersHaveTypes() {
        JsonObject read = new JsonObject(text(new JsonLine()
                .add("text", "1")
                .add("number", 1)
                .add("absentText", (@Nullable String) null)
                .add("absentNumber", (@Nullable Long) null)));
        assertEquals("1", read.getValue("text"));
        assertEquals(1, read.getValue("number"));
        assertNull(read.getValue("absentText"));
        assertNull(read.getValue("absentNumber"));
        assertEquals(4, read.size());
    }

    @Test
    void aLongValueIsCut() {
        assertTrue(new JsonLine().add("path", "/".repeat(100_000)).end().length < JsonLine.MAX_VALUE + 20);
    }
}
