package io.clawpod.spawner.archive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Secrets in agents' output, wherever they stand and however they come. */
final class ScrubTest {
    private static final String TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJjbGF3cG9kLXNwYXduZXIifQ.c2lnbmF0dXJlLW9mLWl0";

    private static String scrubbed(String text) {
        Scrub scrub = new Scrub();
        ByteArrayOutputStream to = new ByteArrayOutputStream();
        for (String line : text.split("(?<=\n)", -1)) {
            byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
            assertEquals(bytes.length, scrub.pass(bytes, bytes.length, 0, true, to));
        }
        return to.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            nothing here | nothing here
            key sk-ant-api03-abcdefghijklmnop end | key *** end
            OPENAI=sk-proj-abcdefghijklmnopqrstuvwxyz | OPENAI=***
            ghp_abcdefghijklmnopqrstuvwxyz0123, next | ***, next
            github_pat_11ABCDEFG0123456789012345 | ***
            glpat-abcdefghij0123456789 | ***
            xoxb-123456789012-abc ümlaut | *** ümlaut
            id AKIAABCDEFGHIJKLMNOP. | id ***.
            AIzaSyA0123456789012345678901234567890ab | ***b
            Bearer eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJjbGF3cG9kIn0.c2ln tail | Bearer *** tail
            two ghp_abcdefghijklmnopqrstuvwxyz0123 sk-ant-api03-abcdefghijklmnop! | two *** ***!
            https://me:secret@host/path | http***host/path
            skating, ghost, eye, xor, //, Asia | skating, ghost, eye, xor, //, Asia
            eyJhbGciOiJFUzI1NiJ9 alone | eyJhbGciOiJFUzI1NiJ9 alone
            """)
    void whatLooksLikeACredentialGoes(String line, String expected) {
        assertEquals(expected + "\n", scrubbed(line + "\n"));
    }

    @Test
    void aPrivateKeyGoesFromItsFirstLineToItsLast() {
        assertEquals("before\n***\n***\n***\n***\nafter\n", scrubbed("""
                before
                -----BEGIN RSA PRIVATE KEY-----
                MIIEow+/IBAAKCAQEA
                abc==
                -----END RSA PRIVATE KEY-----
                after
                """));
        assertEquals(
                "{\"key\":\"***\"}\n",
                scrubbed("{\"key\":\"-----BEGIN PRIVATE KEY-----\\nMII\\n-----END PRIVATE KEY-----\"}\n"));
        assertEquals(
                "say ***\nnot a key at all\n",
                scrubbed("say -----BEGIN PRIVATE KEY----- is how it begins\nnot a key at all\n"));
    }

    /** The token stands at every place where a line that is too long may be cut. */
    @Test
    void noTokenIsCutInTwo() {
        for (int before = LogLimits.LINE - Scrub.OVERLAP - 2 * TOKEN.length();
                before < LogLimits.LINE + 20;
                before += 37) {
            String line = "x ".repeat(before / 2) + TOKEN + " " + "y ".repeat(20_000) + "\n";
            String stored = throughLog(line);
            assertFalse(stored.contains("eyJ") || stored.contains("c2lnb"), "token after " + before);
            assertEquals(line.replace(TOKEN, "***"), stored);
        }
    }

    @Test
    void noPieceOfAnEndlessTokenIsLeft() {
        String line = "a " + TOKEN.replace("c2ln", "c2ln".repeat(100_000)) + " b\n";
        String stored = throughLog(line);
        assertTrue(stored.matches("a (\\*\\*\\*)+ b\n"), () -> stored.substring(0, Math.min(200, stored.length())));
    }

    @Test
    void allElseStaysAsItIs() {
        Random random = new Random(7);
        byte[] bytes = new byte[300_000];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (random.nextInt(60) == 0 ? '\n' : 128 + random.nextInt(100));
        }
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        assertEquals(text, new String(through(bytes), StandardCharsets.ISO_8859_1));
    }

    private static String throughLog(String line) {
        return new String(through(line.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
    }

    /** As a session's log does it, with lines that are cut. */
    private static byte[] through(byte[] bytes) {
        Scrub scrub = new Scrub();
        ByteArrayOutputStream to = new ByteArrayOutputStream();
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int at = 0; at < bytes.length; at++) {
            line.write(bytes[at]);
            boolean whole = bytes[at] == '\n' || at == bytes.length - 1;
            if (whole || line.size() >= LogLimits.LINE) {
                byte[] held = line.toByteArray();
                int done = scrub.pass(held, held.length, 0, whole, to);
                line.reset();
                line.writeBytes(Arrays.copyOfRange(held, done, held.length));
            }
        }
        return to.toByteArray();
    }
}
