package io.clawpod.common;

import java.time.Duration;
import java.time.Instant;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.NumericDate;
import org.jspecify.annotations.Nullable;

/** Signs and verifies session tokens: JWTs (RFC 7519) in compact JWS form (RFC 7515), ES256 only. Thread-safe. */
public final class SessionTokens {
    /** How far the clocks of the two services may differ. */
    public static final Duration CLOCK_SKEW = Duration.ofSeconds(30);

    /** The greatest length of a token that is looked at, in characters. */
    public static final int MAX_LENGTH = 4096;

    private static final String TYPE = "clawpod-session+jwt";

    private SessionTokens() {}

    /** What verifying a token found. */
    public sealed interface Verification {
        /** Signed by a known key, for us, and within its time. */
        record Valid(SessionToken token) implements Verification {}

        /** Not one of our tokens at all: another kind of key or password. */
        record NotOurs() implements Verification {}

        /** One of ours by its form, signed by a key that is not (or no longer) in the set. */
        record UnknownKey(String keyId) implements Verification {}

        /** One of ours by its form, but it must not be believed. */
        record Rejected(String reason) implements Verification {}
    }

    /** Signs {@code token} with {@code key}. */
    public static SecretText sign(SessionToken token, SigningKey key) {
        JwtClaims claims = new JwtClaims();
        claims.setIssuer(token.issuer());
        claims.setAudience(SessionToken.AUDIENCE);
        claims.setSubject(token.session().toString());
        setOptional(claims, "group", token.group());
        setOptional(claims, "role", token.role());
        claims.setStringClaim("ns", token.namespace());
        claims.setStringClaim("pod", token.podName());
        claims.setStringClaim("uid", token.podUid());
        claims.setIssuedAt(NumericDate.fromSeconds(token.issuedAt().getEpochSecond()));
        claims.setExpirationTime(NumericDate.fromSeconds(token.expiresAt().getEpochSecond()));
        claims.setJwtId(token.id());

        return Es256.sign(claims, TYPE, key);
    }

    private static void setOptional(JwtClaims claims, String name, @Nullable String value) {
        if (value != null) {
            claims.setStringClaim(name, value);
        }
    }

    /**
     * @param text whatever the caller sent as its key
     * @param issuer the only issuer that is believed
     */
    public static Verification verify(String text, VerificationKeys keys, String issuer, Instant now) {
        if (text.length() > MAX_LENGTH) {
            return new Verification.NotOurs();
        }
        Es256.Read read = Es256.read(text, TYPE, keys);
        if (read instanceof Es256.Read.AnotherKind) {
            return new Verification.NotOurs();
        } else if (read instanceof Es256.Read.UnknownKey unknown) {
            return new Verification.UnknownKey(unknown.keyId());
        } else if (read instanceof Es256.Read.Rejected rejected) {
            return new Verification.Rejected(rejected.reason());
        }
        try {
            return check(((Es256.Read.Signed) read).claims(), issuer, now);
        } catch (MalformedClaimException | IllegalArgumentException e) {
            return new Verification.Rejected("it is malformed");
        }
    }

    private static Verification check(JwtClaims claims, String issuer, Instant now) throws MalformedClaimException {
        SessionToken token = new SessionToken(
                require(claims, "iss"),
                SessionKey.parse(require(claims, "sub")),
                claims.getStringClaimValue("group"),
                claims.getStringClaimValue("role"),
                require(claims, "ns"),
                require(claims, "pod"),
                require(claims, "uid"),
                instant(claims.getIssuedAt()),
                instant(claims.getExpirationTime()),
                require(claims, "jti"));
        if (!token.issuer().equals(issuer)) {
            return new Verification.Rejected("it is from another issuer");
        }
        if (!claims.getAudience().contains(SessionToken.AUDIENCE)) {
            return new Verification.Rejected("it is for another audience");
        }
        if (token.issuedAt().isAfter(now.plus(CLOCK_SKEW))) {
            return new Verification.Rejected("it is from the future");
        }
        if (!token.expiresAt().isAfter(now.minus(CLOCK_SKEW))) {
            return new Verification.Rejected("it has expired");
        }
        return new Verification.Valid(token);
    }

    private static String require(JwtClaims claims, String name) throws MalformedClaimException {
        String value = claims.getStringClaimValue(name);
        if (value == null || value.isEmpty()) {
            throw new MalformedClaimException("no claim " + name);
        }
        return value;
    }

    private static Instant instant(@Nullable NumericDate date) throws MalformedClaimException {
        if (date == null) {
            throw new MalformedClaimException("no date");
        }
        return Instant.ofEpochSecond(date.getValue());
    }
}
