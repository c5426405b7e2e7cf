package io.clawpod.spawner.cluster;

import io.clawpod.common.InvalidValue;
import io.clawpod.common.SecretText;
import io.clawpod.common.SigningKey;
import io.clawpod.spawner.cluster.KeyRing.Dated;
import io.fabric8.kubernetes.api.model.Secret;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link KeyRing} lies in its Secret: each key under a name of its own, its time (RFC 3339) beside it. Pure.
 */
final class KeyRingSecret {
    /** The key that signs, and since when. */
    static final String SIGNING = "jwk";

    static final String SIGNING_SINCE = "jwk-since";
    /** The key that will sign, and since when it is published. */
    static final String NEXT = "next";

    static final String NEXT_SINCE = "next-since";
    /** The key that signed before, and until when it is published. */
    static final String PREVIOUS = "previous";

    static final String PREVIOUS_UNTIL = "previous-until";

    private KeyRingSecret() {}

    /**
     * Reads the keys.
     *
     * @param now stands for the time of a key that has none, so that it counts from its first sight
     * @return null if there is no signing key yet
     * @throws InvalidValue if something is there that is no key or no time; the field is the data key
     */
    static @Nullable KeyRing read(Secret secret, Instant now) {
        Map<String, String> data = secret.getData() == null ? Map.of() : secret.getData();
        Dated signing = dated(data, SIGNING, SIGNING_SINCE, now);
        return signing == null
                ? null
                : new KeyRing(
                        signing,
                        dated(data, NEXT, NEXT_SINCE, now),
                        // One whose time is lost must stay until its last token has ended, and nobody knows when.
                        dated(data, PREVIOUS, PREVIOUS_UNTIL, Instant.MAX));
    }

    /** Whether the signing key has no time yet, so that the ring should be written as it was read. */
    static boolean isUndated(Secret secret) {
        return secret.getData() != null && text(secret.getData(), SIGNING_SINCE) == null;
    }

    private static @Nullable Dated dated(Map<String, String> data, String name, String timeName, Instant otherwise) {
        String jwk = text(data, name);
        if (jwk == null) {
            return null;
        }
        SigningKey key;
        try {
            key = SigningKey.fromJwk(SecretText.of(jwk));
        } catch (InvalidValue e) {
            throw new InvalidValue(name, e.fault(), e.remedy());
        }
        String time = text(data, timeName);
        try {
            return new Dated(key, time == null ? otherwise : Instant.parse(time));
        } catch (DateTimeParseException e) {
            throw new InvalidValue(timeName, "is not a time", "write it as in RFC 3339, or leave it out");
        }
    }

    private static @Nullable String text(Map<String, String> data, String name) {
        String encoded = data.get(name);
        if (encoded == null || encoded.isEmpty()) {
            return null;
        }
        try {
            return new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new InvalidValue(name, "is not Base64", "leave it out, and the spawner makes a key");
        }
    }

    /** Puts {@code ring} into {@code secret}, in the place of what was there. */
    static void write(KeyRing ring, Secret secret) {
        Map<String, String> data = new HashMap<>();
        put(data, ring.signing(), SIGNING, SIGNING_SINCE);
        put(data, ring.next(), NEXT, NEXT_SINCE);
        put(data, ring.previous(), PREVIOUS, PREVIOUS_UNTIL);
        secret.setData(data);
    }

    private static void put(Map<String, String> data, @Nullable Dated dated, String name, String timeName) {
        if (dated != null) {
            data.put(name, encode(dated.key().toJwk().reveal()));
            data.put(timeName, encode(dated.at().toString()));
        }
    }

    private static String encode(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
