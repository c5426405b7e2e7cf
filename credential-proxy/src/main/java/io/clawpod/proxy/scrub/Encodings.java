package io.clawpod.proxy.scrub;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Set;

/** The forms in which one secret may come back. A form is a string of bytes, each a char below 256. Pure. */
final class Encodings {
    /** Below this many Base64 digits a form would be found in innocent text. */
    static final int MIN_BASE64 = 8;

    private static final String UNRESERVED = "-._~"; // RFC 3986 section 2.3, beside letters and digits
    private static final String COMPONENT = "-._~!'()*"; // what JavaScript's encodeURIComponent leaves as it is
    private static final String FORM = "-._*"; // application/x-www-form-urlencoded

    private Encodings() {}

    static Set<String> of(String secret) {
        byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
        Set<String> forms = new LinkedHashSet<>();
        text(forms, new String(bytes, StandardCharsets.ISO_8859_1));
        for (int before = 0; before < 3; before++) {
            base64(forms, bytes, before);
        }
        forms.remove("");
        return forms;
    }

    private static void text(Set<String> forms, String text) {
        forms.add(text);
        forms.add(text.replace("/", "\\/")); // as some JSON writers escape it
        for (HexFormat hex : new HexFormat[] {HexFormat.of().withUpperCase(), HexFormat.of()}) {
            forms.add(percent(text, UNRESERVED, hex));
            forms.add(percent(text, COMPONENT, hex));
            forms.add(percent(text, FORM, hex));
            forms.add(percent(text, FORM, hex).replace("%20", "+"));
        }
    }

    /** A secret within a longer Base64 text (RFC 4648), where so many bytes, modulo 3, stand before it. */
    private static void base64(Set<String> forms, byte[] secret, int before) {
        byte[] shifted = new byte[before + secret.length];
        System.arraycopy(secret, 0, shifted, before, secret.length);
        // A digit that also holds bits of a neighbour is not known. What it shows of the secret is at most 4 bits.
        int from = before == 0 ? 0 : before + 1;
        int to = shifted.length * 8 / 6;
        String standard = Base64.getEncoder().withoutPadding().encodeToString(shifted);
        String url = Base64.getUrlEncoder().withoutPadding().encodeToString(shifted);
        if (to - from < MIN_BASE64) {
            return;
        }
        text(forms, standard.substring(from, to));
        forms.add(url.substring(from, to));
        // At the text's end the last digit is known: its spare bits are zero.
        text(forms, standard.substring(from));
        forms.add(url.substring(from));
    }

    private static String percent(String text, String kept, HexFormat hex) {
        StringBuilder encoded = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
            if (plain || kept.indexOf(c) >= 0) {
                encoded.append(c);
            } else {
                encoded.append('%').append(hex.toHexDigits((byte) c));
            }
        }
        return encoded.toString();
    }
}
