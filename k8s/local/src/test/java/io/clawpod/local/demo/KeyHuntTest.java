package io.clawpod.local.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.SecretText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyHuntTest {
    private static final String KEY = "sk-ant-demo-0123456789abcdef";

    private final KeyHunt hunt = new KeyHunt(SecretText.of(KEY));

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "ab", "abc", "{\"k\":\""})
    void theKeyIsFoundPlainAndInBase64BehindAnyText(String before) {
        String text = before + KEY + "\"}";
        assertTrue(hunt.in(text));
        assertTrue(hunt.in(Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8))));
    }

    @Test
    void anotherKeyIsNotFound() {
        String other = KEY.replace('0', '1');
        assertFalse(hunt.in(other));
        assertFalse(hunt.in(Base64.getEncoder().encodeToString(other.getBytes(StandardCharsets.UTF_8))));
    }

    @Test
    void filesBehindLinksAreSearchedToo(@TempDir Path folder) throws IOException {
        Path inside = Files.createDirectories(folder.resolve("inside"));
        Files.writeString(inside.resolve("clean"), "nothing");
        Path outside = Files.createDirectories(folder.resolve("outside"));
        Path leak = Files.writeString(outside.resolve("leak"), "x" + KEY);
        Files.createSymbolicLink(inside.resolve("link"), outside);
        KeyHunt.Findings findings = hunt.files(inside);
        assertEquals(2, findings.searched());
        assertEquals(List.of(inside.resolve("link").resolve(leak.getFileName()).toString()), findings.found());
    }
}
