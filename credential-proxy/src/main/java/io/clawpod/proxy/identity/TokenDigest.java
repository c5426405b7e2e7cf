package io.clawpod.proxy.identity;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** What a token is remembered by, so that no store of ours holds the token itself. */
record TokenDigest(ByteBuffer sha256) {
    static TokenDigest of(String token) {
        try {
            return new TokenDigest(ByteBuffer.wrap(
                    MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8))));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
