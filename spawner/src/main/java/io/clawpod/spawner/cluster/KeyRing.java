package io.clawpod.spawner.cluster;

import io.clawpod.common.SessionTokens;
import io.clawpod.common.SigningKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The keys of session tokens over time. A key is published for {@link #ANNOUNCED} before it signs, so that it is in every
 * reader's set by then; and after it has signed for as long as a token of it can be good. Immutable, pure.
 *
 * @param signing signs from {@code at} on
 * @param next will sign; published since {@code at}
 * @param previous signs no longer; published until {@code at}
 */
record KeyRing(
        Dated signing, @Nullable Dated next, @Nullable Dated previous) {
    /** Longer than twice what a reader keeps a key set for, which is five minutes for the credential proxy. */
    static final Duration ANNOUNCED = Duration.ofMinutes(15);

    /** For replicas that sign with the old key a moment longer, and for clocks that differ. */
    static final Duration MARGIN = SessionTokens.CLOCK_SKEW.plus(ANNOUNCED);

    /** A key and the time that matters for it. */
    record Dated(SigningKey key, Instant at) {}

    static KeyRing first(SigningKey key, Instant now) {
        return new KeyRing(new Dated(key, now), null, null);
    }

    /**
     * The ring as it should be now: this very ring if there is nothing to do. One step at a time; each has to be stored
     * before it holds.
     *
     * @param rotateAfter how long a key signs; longer if the key before it has to be published for longer
     * @param lifetime of a token
     */
    KeyRing at(Instant now, Duration rotateAfter, Duration lifetime, Supplier<SigningKey> generator) {
        if (previous != null && !now.isBefore(previous.at())) {
            return new KeyRing(signing, next, null);
        }
        Instant due = signing.at().plus(rotateAfter);
        if (next == null) {
            return now.isBefore(due.minus(ANNOUNCED))
                    ? this
                    : new KeyRing(signing, new Dated(generator.get(), now), previous);
        }
        boolean announced = !now.isBefore(next.at().plus(ANNOUNCED));
        if (now.isBefore(due) || !announced || previous != null) {
            return this;
        }
        Instant until = now.plus(lifetime).plus(MARGIN);
        return new KeyRing(new Dated(next.key(), now), null, new Dated(signing.key(), until));
    }

    /** The public halves of all keys, the signing one first. */
    List<Map<String, Object>> published() {
        List<Map<String, Object>> keys = new ArrayList<>();
        keys.add(signing.key().publicJwk());
        if (next != null) {
            keys.add(next.key().publicJwk());
        }
        if (previous != null) {
            keys.add(previous.key().publicJwk());
        }
        return keys;
    }
}
