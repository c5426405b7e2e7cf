package io.clawpod.proxy.policy;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The ways in which upstreams may read one path, each as decoded segments. Percent-encodings mean the same in either case
 * and for any character (RFC 3986 section 6.2.2), so all are decoded. Three things servers disagree on, and each doubles the
 * readings of a path that has it: whether an encoded slash or backslash separates, whether empty segments count, and whether
 * {@code ;parameters} belong to a segment. A plain path has one reading. Pure.
 */
final class Readings {
    private static final Pattern STILL_ENCODED = Pattern.compile("%[0-9A-Fa-f]{2}");

    private Readings() {}

    /** Every reading of {@code path}, which has no query; null if it cannot be decided what it means. */
    static @Nullable Set<List<String>> of(String path) {
        if (!path.startsWith("/") || path.startsWith("//")) {
            return null;
        }
        boolean encoded = path.indexOf('%') >= 0;
        boolean plain = !encoded && path.indexOf(';') < 0 && path.indexOf("//") < 0 && path.indexOf("/.") < 0;
        if (plain && !path.endsWith("/")) {
            return Set.of(split(path.substring(1)));
        }
        // The separators that came as such stay apart from those that were encoded until each has been decided.
        List<String> raw = split(path.substring(1));
        List<String> decoded = new ArrayList<>(raw.size());
        for (String segment : raw) {
            String text = encoded ? decode(segment) : segment;
            if (text == null) {
                return null;
            }
            decoded.add(text);
        }
        Set<List<String>> readings = new LinkedHashSet<>();
        for (int choice = 0; choice < 8; choice++) {
            List<String> reading = read(decoded, (choice & 1) != 0, (choice & 2) != 0, (choice & 4) != 0);
            if (reading.contains(".") || reading.contains("..")) {
                return null;
            }
            readings.add(reading);
        }
        return readings;
    }

    private static List<String> read(List<String> decoded, boolean slashes, boolean parameters, boolean merge) {
        List<String> reading = new ArrayList<>();
        for (String segment : decoded) {
            for (String part : slashes ? split(segment.replace('\\', '/')) : List.of(segment)) {
                int semicolon = parameters ? part.indexOf(';') : -1;
                String name = semicolon < 0 ? part : part.substring(0, semicolon);
                if (!merge || !name.isEmpty()) {
                    reading.add(name);
                }
            }
        }
        // The root has no segment, however it is read.
        return reading.equals(List.of("")) ? List.of() : reading;
    }

    private static List<String> split(String text) {
        return List.of(text.split("/", -1));
    }

    /** Decodes once; null for what is no encoding, no UTF-8, a control character, or would decode a second time. */
    private static @Nullable String decode(String segment) {
        if (segment.indexOf('%') < 0) {
            return segment;
        }
        byte[] bytes = new byte[segment.length()];
        int length = 0;
        for (int i = 0; i < segment.length(); i++) {
            char c = segment.charAt(i);
            if (c == '%') {
                int high = i + 1 < segment.length() ? Character.digit(segment.charAt(i + 1), 16) : -1;
                int low = i + 2 < segment.length() ? Character.digit(segment.charAt(i + 2), 16) : -1;
                if (high < 0 || low < 0) {
                    return null;
                }
                c = (char) (high * 16 + low);
                i += 2;
            }
            bytes[length++] = (byte) c;
        }
        CharBuffer text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, 0, length));
        } catch (CharacterCodingException e) {
            return null;
        }
        boolean control = text.chars().anyMatch(Character::isISOControl);
        return control || STILL_ENCODED.matcher(text).find() ? null : text.toString();
    }
}
