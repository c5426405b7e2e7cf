package io.clawpod.proxy.policy;

import io.clawpod.common.InvalidValue;
import org.jspecify.annotations.Nullable;

/**
 * A pattern for a group or a role: text in which {@code *} stands for any text. It matches only a name that is there; the
 * empty pattern matches the absent name, and nothing else.
 */
public record NamePattern(String text) {
    static final int MAX = 256;

    /** @throws InvalidValue if it is too long or has control characters */
    public NamePattern {
        if (text.length() > MAX || text.chars().anyMatch(Character::isISOControl)) {
            throw new InvalidValue("", "is no name", "write printable text of at most " + MAX + " characters");
        }
    }

    boolean matches(@Nullable String name) {
        if (name == null || name.isEmpty()) {
            return text.isEmpty();
        }
        return glob(text, name);
    }

    /** Greedy with one point of return, so that its time is at most the product of the lengths. */
    private static boolean glob(String pattern, String name) {
        int p = 0;
        int n = 0;
        int star = -1;
        int from = 0;
        while (n < name.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                from = n;
            } else if (p < pattern.length() && pattern.charAt(p) == name.charAt(n)) {
                p++;
                n++;
            } else if (star >= 0) {
                p = star + 1;
                n = ++from;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }
}
