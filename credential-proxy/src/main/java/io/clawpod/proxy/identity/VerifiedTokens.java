package io.clawpod.proxy.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.clawpod.common.SessionToken;
import io.clawpod.common.SessionTokens;
import io.clawpod.common.SessionTokens.Verification;
import io.clawpod.common.VerificationKeys;
import java.time.Instant;

/**
 * Verifies session tokens and remembers the good ones until they expire or the keys are fetched anew: a signature check
 * costs some hundred microseconds of the event loop, and an agent sends one token all its life. Only the signature is
 * remembered; whether the pod lives is asked for each call. Thread-safe.
 */
final class VerifiedTokens {
    static final int MAX = 10_000;

    private record Verified(SessionToken token, VerificationKeys by) {}

    private final Cache<TokenDigest, Verified> known =
            Caffeine.newBuilder().maximumSize(MAX).build();
    private final String issuer;

    /** @param issuer the only one that is believed */
    VerifiedTokens(String issuer) {
        this.issuer = issuer;
    }

    Verification verify(String text, VerificationKeys keys, Instant now) {
        if (text.length() > SessionTokens.MAX_LENGTH) {
            return new Verification.NotOurs();
        }
        TokenDigest digest = TokenDigest.of(text);
        Verified before = known.getIfPresent(digest);
        if (before != null
                // Another set may lack the key, so the same set is asked for and not an equal one.
                && before.by() == keys
                && before.token().expiresAt().isAfter(now.minus(SessionTokens.CLOCK_SKEW))) {
            return new Verification.Valid(before.token());
        }
        Verification verification = SessionTokens.verify(text, keys, issuer, now);
        if (verification instanceof Verification.Valid valid) {
            known.put(digest, new Verified(valid.token(), keys));
        }
        return verification;
    }
}
