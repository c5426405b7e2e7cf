package io.clawpod.proxy.credential;

import io.clawpod.common.SecretText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Reads the files of a mounted Secret. Blocks. Its faults name the file and never quote it. */
final class SecretFiles {
    /** The greatest length of a file, in bytes. */
    static final int MAX_BYTES = 16 * 1024;

    /** Why a file is of no use. */
    static final class Unusable extends Exception {
        private static final long serialVersionUID = 1;

        final String reason;

        Unusable(String reason) {
            super(reason);
            this.reason = reason;
        }
    }

    private SecretFiles() {}

    /** A token: printable ASCII without a space. Null if there is no such file. */
    static @Nullable SecretText token(Path folder, String name) throws Unusable {
        return checked(folder, name, c -> c > ' ' && c < 0x7f);
    }

    /** A password or a document: anything but control characters, line ends within it included. */
    static @Nullable SecretText text(Path folder, String name) throws Unusable {
        return checked(folder, name, c -> c >= ' ' && c != 0x7f);
    }

    /** A document of several lines. Null if there is no such file. */
    static @Nullable SecretText document(Path folder, String name) throws Unusable {
        return checked(folder, name, c -> c >= ' ' || c == '\n' || c == '\r' || c == '\t');
    }

    private static @Nullable SecretText checked(Path folder, String name, IntPredicate allowed) throws Unusable {
        Path file = folder.resolve(name);
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MAX_BYTES + 1);
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw new Unusable("The file " + file + " cannot be read.");
        }
        if (bytes.length > MAX_BYTES) {
            throw new Unusable("The file " + file + " is longer than " + MAX_BYTES + " bytes.");
        }
        // Editors and `echo` leave a line end, which is no part of a credential.
        String text = new String(bytes, StandardCharsets.UTF_8).strip();
        if (text.isEmpty()) {
            throw new Unusable("The file " + file + " is empty.");
        }
        if (!text.chars().allMatch(allowed) || text.indexOf('\ufffd') >= 0) {
            throw new Unusable("The file " + file + " holds characters that no credential has.");
        }
        return SecretText.of(text);
    }
}
