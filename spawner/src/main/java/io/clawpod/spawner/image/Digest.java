package io.clawpod.spawner.image;

import io.clawpod.common.Digests;

/** What content is known by (OCI image specification, "Digests"). */
final class Digest {
    private static final String SHA_256 = "sha256:";
    private static final String SHA_512 = "sha512:";

    private Digest() {}

    static String sha256(byte[] content) {
        return SHA_256 + Digests.hex("SHA-256", content, 64);
    }

    /** Whether {@code content} is what {@code digest} names; false for a digest of another kind. */
    static boolean names(String digest, byte[] content) {
        if (digest.startsWith(SHA_512)) {
            return digest.equals(SHA_512 + Digests.hex("SHA-512", content, 128));
        }
        return digest.equals(sha256(content));
    }
}
