package io.clawpod.proxy.scrub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.SecretText;
import io.vertx.core.buffer.Buffer;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ScrubTest {
    private static final String KEY = "sk-ant-api03-Zq8vX+r/7T~pL0=w_sk-ant-api03-Z";
    private static final String PASSWORD = "p w:ü*&%'x";
    private static final Patterns PATTERNS = Patterns.of(List.of(SecretText.of(KEY), SecretText.of(PASSWORD)));

    private static String bytes(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** What must be found: every form in which a secret may stand in a text, from encoders that are not ours. */
    private static List<String> encoded(String secret, Random random) {
        List<String> all = new ArrayList<>();
        String form = URLEncoder.encode(secret, StandardCharsets.UTF_8);
        all.add(bytes(secret));
        all.add(form);
        all.add(form.replace("+", "%20"));
        all.add(lowerHex(form));
        all.add(lowerHex(form.replace("+", "%20").replace("*", "%2A").replace("%7E", "~")));
        byte[] plain = secret.getBytes(StandardCharsets.UTF_8);
        for (int before = 0; before < 6; before++) {
            for (int after = 0; after < 4; after++) {
                byte[] text = new byte[before + plain.length + after];
                random.nextBytes(text);
                System.arraycopy(plain, 0, text, before, plain.length);
                all.add(Base64.getEncoder().encodeToString(text));
                all.add(Base64.getUrlEncoder().withoutPadding().encodeToString(text));
            }
        }
        return all;
    }

    private static String lowerHex(String form) {
        StringBuilder lower = new StringBuilder();
        for (int i = 0; i < form.length(); i++) {
            if (form.charAt(i) == '%') {
                lower.append(form.substring(i, i + 3).toLowerCase(Locale.ROOT));
                i += 2;
            } else {
                lower.append(form.charAt(i));
            }
        }
        return lower.toString();
    }

    private static String scrub(Patterns patterns, String text, int... borders) {
        Scrub scrub = patterns.scrub();
        Buffer out = Buffer.buffer();
        int from = 0;
        for (int border : borders) {
            out.appendBuffer(scrub.feed(Buffer.buffer(latin(text.substring(from, border)))));
            from = border;
        }
        out.appendBuffer(scrub.feed(Buffer.buffer(latin(text.substring(from)))));
        return new String(out.appendBuffer(scrub.end()).getBytes(), StandardCharsets.ISO_8859_1);
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The slow way to say it: a byte is masked exactly if some occurrence of some form covers it. */
    private static String masked(String text, String... secrets) {
        char[] clean = text.toCharArray();
        for (String secret : secrets) {
            for (String form : Encodings.of(secret)) {
                for (int at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) {
                    java.util.Arrays.fill(clean, at, at + form.length(), '*');
                }
            }
        }
        return new String(clean);
    }

    private static String body(Random random) {
        StringBuilder body = new StringBuilder();
        List<String> forms = new ArrayList<>(encoded(KEY, random));
        forms.addAll(encoded(PASSWORD, random));
        while (body.length() < 600) {
            switch (random.nextInt(4)) {
                case 0 -> body.append(forms.get(random.nextInt(forms.size())));
                case 1 -> {
                    // The beginning of a form, and then something else: a false start.
                    String form = forms.get(random.nextInt(forms.size()));
                    body.append(form, 0, random.nextInt(form.length()));
                }
                case 2 -> body.append("data: ").append(random.nextInt()).append("\n\n");
                default -> body.append((char) random.nextInt(256));
            }
        }
        return body.toString();
    }

    @Test
    void eachFormOfASecretIsMaskedAndNothingElseIs() {
        Random random = new Random(1);
        for (String secret : List.of(KEY, PASSWORD)) {
            for (String form : encoded(secret, random)) {
                String clean = scrub(PATTERNS, "before " + form + " after");
                assertEquals(form.length() + 13, clean.length());
                assertTrue(clean.startsWith("before ") && clean.endsWith(" after"), clean);
                assertTrue(clean.contains("********"), form + " -> " + clean);
            }
        }
    }

    @Test
    void whatIsLeftOfASecretInBase64IsAFewBits() {
        byte[] plain = KEY.getBytes(StandardCharsets.UTF_8);
        for (int before = 0; before < 3; before++) {
            byte[] text = new byte[before + plain.length + 2];
            System.arraycopy(plain, 0, text, before, plain.length);
            String encoded = Base64.getEncoder().encodeToString(text);
            String clean = scrub(PATTERNS, encoded);
            long left = clean.chars().filter(c -> c != '*').count();
            // Digits of the bytes around it, one digit at each side that is shared with them, and padding.
            assertTrue(left <= before + 1 + 2 + 3, clean);
        }
    }

    @Test
    void theOutputDoesNotDependOnWhereTheChunksEnd() {
        Random random = new Random(2);
        for (int round = 0; round < 40; round++) {
            String body = body(random);
            String expected = masked(body, KEY, PASSWORD);
            assertEquals(expected, scrub(PATTERNS, body), () -> "whole: " + body);
            for (int border = 0; border <= body.length(); border++) {
                assertEquals(expected, scrub(PATTERNS, body, border), "border " + border);
            }
            int[] everywhere =
                    java.util.stream.IntStream.range(1, body.length()).toArray();
            assertEquals(expected, scrub(PATTERNS, body, everywhere), "byte by byte");
            int[] some = random.ints(9, 0, body.length()).sorted().toArray();
            assertEquals(expected, scrub(PATTERNS, body, some), "random borders");
        }
    }

    @Test
    void innocentTextIsPassedOnUntouchedAndUncopied() {
        Buffer text = Buffer.buffer("event: ping\ndata: {\"type\":\"ping\"}\n\n");
        assertSame(text, PATTERNS.scrub().feed(text));
        assertSame(text, Patterns.of(List.of()).scrub().feed(text));
    }

    @Test
    void anEventIsNotHeldBackAndLessThanTheLongestFormEverIs() {
        Scrub scrub = PATTERNS.scrub();
        String event = "data: sk-ant-api03-Zq8v and more s\n\n";
        assertEquals(event, scrub.feed(Buffer.buffer(event)).toString());
        assertEquals(0, scrub.held());
        int longest = Encodings.of(KEY).stream().mapToInt(String::length).max().orElseThrow();
        Random random = new Random(3);
        for (int round = 0; round < 50; round++) {
            for (char c : body(random).toCharArray()) {
                scrub.feed(Buffer.buffer(latin(String.valueOf(c))));
                assertTrue(scrub.held() < longest);
            }
        }
    }

    @Test
    void aWholeSecretAtAChunksEndIsNotHeldBack() {
        Patterns patterns = Patterns.of(List.of(SecretText.of("secret-of-one")));
        Scrub scrub = patterns.scrub();
        assertEquals(
                "x *************", scrub.feed(Buffer.buffer("x secret-of-one")).toString());
    }

    @Test
    void headersAreCleanedAndKeepTheirOtherText() {
        assertEquals("/next?key=" + "*".repeat(KEY.length()) + "&b=ü", PATTERNS.clean("/next?key=" + KEY + "&b=ü"));
        assertEquals("text/plain", PATTERNS.clean("text/plain"));
    }

    @Test
    void aSecretOfOneCharacterIsMaskedButNotItsShortBase64() {
        Patterns patterns = Patterns.of(List.of(SecretText.of("#")));
        assertEquals("a*b Iw==", patterns.clean("a#b Iw=="));
        assertFalse(patterns.clean("#").contains("#"));
    }
}
