package io.clawpod.proxy.audit;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes one JSON object (RFC 8259) on one line. Whatever a value holds, the line stays one line and the value one string:
 * what is not printable ASCII is escaped, so also the line ends that only some readers know, and half a surrogate pair. Written
 * out here because each call has such a line, and a generator made for each showed in the profile of small calls.
 */
final class JsonLine {
    /** The greatest length of a string, in characters; what is longer is cut and ends in an ellipsis. */
    static final int MAX_VALUE = 512;

    /** The greatest length of a character, which is an escape; in bytes. */
    private static final int ESCAPE = 6;

    private static final String HEX = "0123456789ABCDEF";

    private byte[] text = new byte[768];
    private int length;

    /** Adds a member; a value that is absent is written as {@code null}. */
    JsonLine add(String name, @Nullable String value) {
        if (value == null) {
            return raw(name, "null");
        }
        int shown = Math.min(value.length(), MAX_VALUE);
        name(name);
        room((shown + 1) * ESCAPE + 2);
        text[length++] = '"';
        for (int i = 0; i < shown; i++) {
            put(value.charAt(i));
        }
        if (shown < value.length()) {
            put('…');
        }
        text[length++] = '"';
        return this;
    }

    JsonLine add(String name, long value) {
        return raw(name, Long.toString(value));
    }

    /** Adds a number that may be absent. */
    JsonLine add(String name, @Nullable Long value) {
        return raw(name, value == null ? "null" : value.toString());
    }

    /** The whole line, with its line end. */
    byte[] end() {
        room(3);
        if (length == 0) {
            text[length++] = '{';
        }
        text[length++] = '}';
        text[length++] = '\n';
        return Arrays.copyOf(text, length);
    }

    /** Adds a member whose value is ASCII and JSON as it is. */
    private JsonLine raw(String name, String value) {
        name(name);
        room(value.length());
        ascii(value);
        return this;
    }

    /** Begins a member; names are ours, and plain. */
    private void name(String name) {
        room(name.length() + 4);
        text[length] = (byte) (length == 0 ? '{' : ',');
        length++;
        text[length++] = '"';
        ascii(name);
        text[length++] = '"';
        text[length++] = ':';
    }

    /** Copies the low bytes of the characters, which is all that ASCII has. */
    @SuppressWarnings("deprecation")
    private void ascii(String plain) {
        plain.getBytes(0, plain.length(), text, length);
        length += plain.length();
    }

    /** Puts a character of a string, where there is room for its escape. JSON lets DEL stand as it is; a terminal does not. */
    private void put(char c) {
        if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') {
            text[length++] = (byte) c;
            return;
        }
        text[length++] = '\\';
        if (c == '"' || c == '\\') {
            text[length++] = (byte) c;
            return;
        }
        text[length++] = 'u';
        for (int shift = 12; shift >= 0; shift -= 4) {
            text[length++] = (byte) HEX.charAt(c >> shift & 0xf);
        }
    }

    private void room(int more) {
        if (text.length - length < more) {
            text = Arrays.copyOf(text, Math.max(2 * text.length, length + more));
        }
    }
}
