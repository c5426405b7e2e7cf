package io.clawpod.spawner.session;

import com.fasterxml.jackson.annotation.JsonValue;
import io.clawpod.common.Digests;
import io.clawpod.common.InvalidValue;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.security.MessageDigest;
import java.util.Base64;

/**
 * What a small file holds, which may be a secret: it prints as {@code ***}, is written as JSON by its SHA-256 alone, and
 * compares in constant time for contents of the same length. {@link #revealBase64()} is the only way to it. Immutable.
 */
@RegisterForReflection
public final class FileContent {
    /** The greatest size of one file, in bytes. */
    public static final int MAX_BYTES = 256 * 1024;

    /** The greatest size of all files of a session together, in bytes: a Secret holds at most 1 MiB, the token too. */
    public static final int MAX_TOTAL_BYTES = 900 * 1024;

    private static final int SHA256_DIGITS = 64;

    private final byte[] bytes;

    private FileContent(byte[] bytes) {
        this.bytes = bytes;
    }

    /** @throws InvalidValue of the field {@code content} if it is too large */
    public static FileContent of(byte[] bytes) {
        if (bytes.length > MAX_BYTES) {
            throw new InvalidValue("content", "is too large", "use at most " + MAX_BYTES / 1024 + " KiB");
        }
        return new FileContent(bytes.clone());
    }

    /** @throws InvalidValue of the field {@code content} if it is no base64 (RFC 4648 section 4) or too large */
    public static FileContent ofBase64(String text) {
        byte[] decoded;
        try {
            decoded = Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new InvalidValue("content", "is no base64", "encode the file's bytes by RFC 4648 section 4");
        }
        return of(decoded);
    }

    /** The content itself, as a Secret's data has it. Never log it, nor put it in an error or a pod. */
    public String revealBase64() {
        return Base64.getEncoder().encodeToString(bytes);
    }

    /** Its length in bytes. */
    public int size() {
        return bytes.length;
    }

    /** What stands for it where equal contents have to be told from others. */
    @JsonValue
    public String digest() {
        return "sha256:" + Digests.hex("SHA-256", bytes, SHA256_DIGITS);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FileContent content && MessageDigest.isEqual(bytes, content.bytes);
    }

    @Override
    public int hashCode() {
        return digest().hashCode();
    }

    @Override
    public String toString() {
        return "***";
    }
}
