package io.clawpod.proxy.audit;

import org.jspecify.annotations.Nullable;

/**
 * Writes one JSON object (RFC 8259) on one line. Whatever a value holds, the line stays one line and the value one string:
 * control characters, and the line ends that only some readers know, are escaped.
 */
final class JsonLine {
    /** The greatest length of a string, in characters; what is longer is cut and ends in an ellipsis. */
    static final int MAX_VALUE = 512;

    private static final String HEX = "0123456789abcdef";

    private final StringBuilder text = new StringBuilder(640).append('{');

    /** Adds a member; a value that is absent is written as {@code null}. */
    JsonLine add(String name, @Nullable String value) {
        name(name);
        if (value == null) {
            text.append("null");
        } else {
            string(value);
        }
        return this;
    }

    JsonLine add(String name, long value) {
        name(name).append(value);
        return this;
    }

    /** Adds a number that may be absent. */
    JsonLine add(String name, @Nullable Long value) {
        name(name).append(value);
        return this;
    }

    private StringBuilder name(String name) {
        return text.append(text.length() == 1 ? "\"" : ",\"").append(name).append("\":");
    }

    private void string(String value) {
        text.append('"');
        int length = Math.min(value.length(), MAX_VALUE);
        for (int i = 0; i < length; i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || Character.isSurrogate(c)) {
                // A surrogate may be half a pair, which no UTF-8 can hold; escaped, each stands for itself.
                text.append("\\u")
                        .append(HEX.charAt(c >> 12))
                        .append(HEX.charAt(c >> 8 & 15))
                        .append(HEX.charAt(c >> 4 & 15))
                        .append(HEX.charAt(c & 15));
            } else {
                text.append(c);
            }
        }
        text.append(value.length() > MAX_VALUE ? "…\"" : "\"");
    }

    /** The line, with its end. To be called once. */
    String end() {
        return text.append("}\n").toString();
    }
}
