package io.clawpod.proxy.audit;

import org.jspecify.annotations.Nullable;

/** Writes {@code key=value} pairs so that no value can pass for another key or another line. */
final class Line {
    static final int MAX_VALUE = 512;

    private final StringBuilder text = new StringBuilder();

    /** Adds a pair; a value that is absent is written as {@code -}. */
    Line add(String key, @Nullable String value) {
        text.append(text.isEmpty() ? "" : " ").append(key).append('=');
        if (value == null) {
            text.append('-');
        } else if (!value.isEmpty()
                && value.length() <= MAX_VALUE
                && value.chars().allMatch(Line::plain)) {
            text.append(value);
        } else {
            quote(value.length() <= MAX_VALUE ? value : value.substring(0, MAX_VALUE) + "…");
        }
        return this;
    }

    private static boolean plain(int c) {
        return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '=';
    }

    private void quote(String value) {
        text.append('"');
        value.codePoints().forEach(c -> {
            if (c == '"' || c == '\\') {
                text.append('\\').append((char) c);
            } else if (Character.isISOControl(c) || c == 0x2028 || c == 0x2029) {
                text.append(String.format("\\u%04x", c));
            } else {
                text.appendCodePoint(c);
            }
        });
        text.append('"');
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
