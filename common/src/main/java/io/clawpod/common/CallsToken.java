package io.clawpod.common;

import java.time.Duration;
import java.time.Instant;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.NumericDate;

/**
 * What the spawner shows a credential proxy when it asks for its counts of calls: a JWT signed with the key of session
 * tokens, of a kind of its own, so that neither is ever taken for the other. Thread-safe.
 */
public final class CallsToken {
    /** How long one is good, by the spawner's clock. */
    public static final Duration LIFETIME = Duration.ofMinutes(1);

    private static final String TYPE = "clawpod-calls+jwt";
    private static final String AUDIENCE = "credential-proxy-calls";

    private CallsToken() {}

    public static SecretText sign(String issuer, Instant now, SigningKey key) {
        JwtClaims claims = new JwtClaims();
        claims.setIssuer(issuer);
        claims.setAudience(AUDIENCE);
        claims.setIssuedAt(NumericDate.fromSeconds(now.getEpochSecond()));
        claims.setExpirationTime(NumericDate.fromSeconds(now.plus(LIFETIME).getEpochSecond()));
        return Es256.sign(claims, TYPE, key);
    }

    /**
     * Whether {@code text} is one, signed by a key of {@code keys} and within its time.
     *
     * @param issuer the only issuer that is believed
     */
    public static boolean verify(String text, VerificationKeys keys, String issuer, Instant now) {
        if (text.length() > SessionTokens.MAX_LENGTH
                || !(Es256.read(text, TYPE, keys) instanceof Es256.Read.Signed signed)) {
            return false;
        }
        try {
            JwtClaims claims = signed.claims();
            NumericDate expires = claims.getExpirationTime();
            return issuer.equals(claims.getIssuer())
                    && claims.getAudience().contains(AUDIENCE)
                    && expires != null
                    && Instant.ofEpochSecond(expires.getValue()).isAfter(now.minus(SessionTokens.CLOCK_SKEW));
        } catch (MalformedClaimException e) {
            return false;
        }
    }
}
