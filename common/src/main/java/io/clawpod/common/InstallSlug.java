package io.clawpod.common;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * The short name of one host installation; every session belongs to exactly one. It is the value of the label
 * {@value Labels#INSTALL}, so it follows the syntax of Kubernetes label values.
 *
 * @param value 1 to 63 characters: letters, digits, {@code .}, {@code _} and {@code -}, with a letter or digit at both
 *     ends
 * @see <a href="https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/">Labels</a>
 */
public record InstallSlug(String value) implements Comparable<InstallSlug> {
    private static final Pattern SYNTAX = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?");

    /** @throws InvalidValue if {@code value} is not a label value, or is empty */
    public InstallSlug {
        if (!SYNTAX.matcher(value).matches()) {
            throw new InvalidValue(
                    "install",
                    "is not an install slug",
                    "use 1 to 63 letters, digits, '.', '_' or '-', with a letter or digit at both ends");
        }
    }

    /**
     * The slug that a NanoClaw host gives itself: the first 8 hex digits of the SHA-1 of its install folder.
     *
     * @param installFolder the folder's absolute path, as the host spells it
     */
    public static InstallSlug ofFolder(String installFolder) {
        return new InstallSlug(Digests.hex("SHA-1", installFolder.getBytes(StandardCharsets.UTF_8), 8));
    }

    @Override
    public int compareTo(InstallSlug other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
