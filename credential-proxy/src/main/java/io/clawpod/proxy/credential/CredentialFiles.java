package io.clawpod.proxy.credential;

import io.clawpod.common.SecretText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Reads a credential from a folder: the file {@code api-key} or the file {@code oauth-token}, and not both. Blocks. */
final class CredentialFiles {
    /** The greatest length of a credential, in bytes. */
    static final int MAX_BYTES = 16 * 1024;

    private CredentialFiles() {}

    private static final class Unusable extends Exception {
        private static final long serialVersionUID = 1;

        final String reason;

        Unusable(String reason) {
            super(reason);
            this.reason = reason;
        }
    }

    static CredentialState read(Path folder) {
        try {
            SecretText key = read(folder, Credential.ApiKey.FILE);
            SecretText token = read(folder, Credential.OauthToken.FILE);
            if (key != null && token != null) {
                return new CredentialState.Missing("The folder " + folder + " holds both api-key and oauth-token.");
            }
            if (key != null) {
                return new CredentialState.Present(new Credential.ApiKey(key));
            }
            return token != null
                    ? new CredentialState.Present(new Credential.OauthToken(token))
                    : new CredentialState.Missing("The folder " + folder + " holds neither api-key nor oauth-token.");
        } catch (Unusable e) {
            return new CredentialState.Missing(e.reason);
        }
    }

    private static @Nullable SecretText read(Path folder, String name) throws Unusable {
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
        String text = new String(bytes, StandardCharsets.ISO_8859_1).strip();
        if (text.isEmpty()) {
            throw new Unusable("The file " + file + " is empty.");
        }
        if (!text.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new Unusable("The file " + file + " holds characters that no credential has.");
        }
        return SecretText.of(text);
    }
}
