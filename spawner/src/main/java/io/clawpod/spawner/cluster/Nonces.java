package io.clawpod.spawner.cluster;

import java.security.SecureRandom;

/** Texts that set the names of two objects of one session apart. Thread-safe. */
final class Nonces {
    private static final int LENGTH = 5;
    // Kubernetes' own alphabet for generated names: nothing that reads like a word.
    private static final String ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

    private final SecureRandom random = new SecureRandom();

    String next() {
        StringBuilder nonce = new StringBuilder();
        for (int i = 0; i < LENGTH; i++) {
            nonce.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return nonce.toString();
    }
}
