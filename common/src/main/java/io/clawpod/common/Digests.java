package io.clawpod.common;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Digests as lower-case hex, cut to a length. */
public final class Digests {
    private Digests() {}

    /**
     * @param algorithm a {@link MessageDigest} algorithm that every Java platform has, such as {@code SHA-256}
     * @param digits how many hex digits to keep, from the left
     * @return the digest's first {@code digits} hex digits
     */
    public static String hex(String algorithm, byte[] input, int digits) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance(algorithm).digest(input))
                    .substring(0, digits);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalArgumentException("no such digest: " + algorithm, e);
        }
    }
}
