package io.clawpod.common;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Who a session is: the caller's idempotency key, unique within its install.
 *
 * @param install the host installation that the session belongs to
 * @param key printable text of 1 to 253 characters (no control characters, no lone surrogates); kept verbatim
 */
public record SessionKey(InstallSlug install, String key) implements Comparable<SessionKey> {
    /** The greatest length of {@code key}, in characters. */
    public static final int MAX_LENGTH = 253;

    private static final int SLUG_LENGTH = 48;
    private static final int DIGEST_LENGTH = 10;

    /** @throws InvalidValue if {@code key} is empty, too long or not printable */
    public SessionKey {
        if (key.isEmpty() || key.length() > MAX_LENGTH) {
            throw new InvalidValue("key", "has " + key.length() + " characters", "use 1 to 253 characters");
        }
        if (!key.codePoints().allMatch(SessionKey::printable) || key.isBlank()) {
            throw new InvalidValue(
                    "key", "is not printable text", "leave out control characters and use more than white space");
        }
    }

    /** @throws InvalidValue if either part is malformed */
    public static SessionKey of(String install, String key) {
        return new SessionKey(new InstallSlug(install), key);
    }

    private static boolean printable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.SURROGATE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }

    /**
     * The name of this session's pod: a readable part of the key, then 10 hex digits of SHA-256(install NUL key). A DNS
     * label (RFC 1123) of at most 59 characters, and the same on every replica, so that two of them asked for the same key
     * make one pod.
     */
    public String podName() {
        String digest =
                Digests.hex("SHA-256", (install.value() + '\0' + key).getBytes(StandardCharsets.UTF_8), DIGEST_LENGTH);
        String slug = slug(key);
        return (slug.isEmpty() ? "session" : slug) + "-" + digest;
    }

    private static String slug(String text) {
        StringBuilder slug = new StringBuilder();
        for (char c : text.toLowerCase(Locale.ROOT).toCharArray()) {
            boolean plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
            if (plain) {
                slug.append(c);
            } else if (!slug.isEmpty() && slug.charAt(slug.length() - 1) != '-') {
                slug.append('-');
            }
            if (slug.length() == SLUG_LENGTH) {
                break;
            }
        }
        while (!slug.isEmpty() && slug.charAt(slug.length() - 1) == '-') {
            slug.setLength(slug.length() - 1);
        }
        return slug.toString();
    }

    @Override
    public int compareTo(SessionKey other) {
        int byInstall = install.compareTo(other.install);
        return byInstall != 0 ? byInstall : key.compareTo(other.key);
    }

    /** {@code install/key}: the subject of the session's token, and how it reads in a log. */
    @Override
    public String toString() {
        return install.value() + "/" + key;
    }

    /**
     * The inverse of {@link #toString()}: an install slug has no slash, so the first one divides.
     *
     * @throws InvalidValue if {@code text} has no slash, or either part is malformed
     */
    public static SessionKey parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            throw new InvalidValue("session", "has no slash", "write install/key");
        }
        return of(text.substring(0, slash), text.substring(slash + 1));
    }
}
