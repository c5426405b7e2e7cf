package io.clawpod.common;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * A secret in memory. It prints as {@code ***}, so it cannot slip into a log or an error by concatenation, and it
 * compares in constant time for secrets of the same length. {@link #reveal()} is the only way to its value: search for
 * its callers to see where secrets go.
 */
public final class SecretText {
    private final String value;

    private SecretText(String value) {
        this.value = value;
    }

    public static SecretText of(String value) {
        return new SecretText(value);
    }

    /** The value itself. Never log it, put it in an error, a metric, a URL or a PodSpec. */
    public String reveal() {
        return value;
    }

    public boolean isEmpty() {
        return value.isEmpty();
    }

    /** Whether {@code candidate} is this secret; its time depends on the lengths alone. */
    public boolean matches(String candidate) {
        return MessageDigest.isEqual(bytes(value), bytes(candidate));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SecretText secret && matches(secret.value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return "***";
    }
}
