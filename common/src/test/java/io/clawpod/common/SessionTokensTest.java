package io.clawpod.common;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.SessionTokens.Verification;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jose4j.json.JsonUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionTokensTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
    private static final SigningKey KEY = SigningKey.generate();
    private static final SessionToken TOKEN = token(NOW, NOW.plus(Duration.ofHours(1)));

    private static SessionToken token(Instant issuedAt, Instant expiresAt) {
        return new SessionToken(
                "clawpod-spawner",
                SessionKey.of("3f2a9c1e", "family/chat"),
                "family",
                null,
                "agents",
                "family-chat-0123456789",
                "8d7f",
                issuedAt,
                expiresAt,
                "jti-1");
    }

    private static VerificationKeys keys(SigningKey... keys) {
        List<Map<String, Object>> public_ =
                List.of(keys).stream().map(SigningKey::publicJwk).toList();
        return VerificationKeys.fromJwks(JsonUtil.toJson(Map.of("keys", public_)));
    }

    private static Verification verify(String text) {
        return SessionTokens.verify(text, keys(KEY), "clawpod-spawner", NOW);
    }

    private static String signed() {
        return SessionTokens.sign(TOKEN, KEY).reveal();
    }

    private static String rejection(Verification verification) {
        return assertInstanceOf(Verification.Rejected.class, verification).reason();
    }

    @Test
    void aTokenReadsBackWhole() {
        assertEquals(new Verification.Valid(TOKEN), verify(signed()));
    }

    @Test
    void aKeyReadsBackFromItsStoredForm() {
        SigningKey stored = SigningKey.fromJwk(KEY.toJwk());
        assertEquals(KEY.id(), stored.id());
        assertInstanceOf(
                Verification.Valid.class,
                verify(SessionTokens.sign(TOKEN, stored).reveal()));
    }

    @Test
    void thePublicHalfHasNoPrivatePart() {
        assertFalse(KEY.publicJwk().containsKey("d"));
        assertFalse(KEY.toString().contains(KEY.toJwk().reveal()));
    }

    @Test
    void aPublicKeyIsNoSigningKey() {
        SecretText jwk = SecretText.of(JsonUtil.toJson(KEY.publicJwk()));
        assertThrows(InvalidValue.class, () -> SigningKey.fromJwk(jwk));
        assertThrows(InvalidValue.class, () -> SigningKey.fromJwk(SecretText.of("{}")));
        assertThrows(InvalidValue.class, () -> SigningKey.fromJwk(SecretText.of("not json")));
    }

    @Test
    void aTokenSignedByAnotherKeyNamesThatKey() {
        SigningKey other = SigningKey.generate();
        assertEquals(
                new Verification.UnknownKey(other.id()),
                verify(SessionTokens.sign(TOKEN, other).reveal()));
    }

    @Test
    void eachKeyOfTheSetVerifies() {
        SigningKey next = SigningKey.generate();
        String text = SessionTokens.sign(TOKEN, next).reveal();
        assertInstanceOf(Verification.Valid.class, SessionTokens.verify(text, keys(KEY, next), "clawpod-spawner", NOW));
    }

    @Test
    void everyChangedCharacterOfTheClaimsIsNoticed() {
        String[] parts = signed().split("\\.", -1);
        byte[] claims = Base64.getUrlDecoder().decode(parts[1]);
        for (int i = 0; i < claims.length; i++) {
            byte[] changed = claims.clone();
            changed[i] ^= 1;
            String payload = Base64.getUrlEncoder().withoutPadding().encodeToString(changed);
            assertInstanceOf(Verification.Rejected.class, verify(parts[0] + "." + payload + "." + parts[2]));
        }
    }

    @Test
    void theAlgorithmCannotBeSwapped() {
        String[] parts = signed().split("\\.", -1);
        for (String algorithm : List.of("none", "HS256", "RS256", "ES384")) {
            String header =
                    "{\"typ\":\"clawpod-session+jwt\",\"kid\":\"" + KEY.id() + "\",\"alg\":\"" + algorithm + "\"}";
            assertInstanceOf(
                    Verification.Rejected.class, verify(encoded(header) + "." + parts[1] + "." + parts[2]), algorithm);
        }
    }

    @Test
    void aTokenIsGoodWithinItsTimeAndTheClockSkew() {
        Duration hour = Duration.ofHours(1);
        String text = signed();
        VerificationKeys keys = keys(KEY);
        Instant lastGood = NOW.plus(hour).plus(SessionTokens.CLOCK_SKEW).minusSeconds(1);
        assertInstanceOf(Verification.Valid.class, SessionTokens.verify(text, keys, "clawpod-spawner", lastGood));
        assertEquals(
                "it has expired",
                rejection(SessionTokens.verify(text, keys, "clawpod-spawner", lastGood.plusSeconds(1))));
        Instant tooEarly = NOW.minus(SessionTokens.CLOCK_SKEW).minusSeconds(1);
        assertEquals("it is from the future", rejection(SessionTokens.verify(text, keys, "clawpod-spawner", tooEarly)));
    }

    @Test
    void anotherIssuerIsNotBelieved() {
        assertEquals("it is from another issuer", rejection(SessionTokens.verify(signed(), keys(KEY), "someone", NOW)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "placeholder",
                "sk-ant-api03-abc",
                "a.b.c",
                "e30.e30.e30",
                "..",
                "eyJhbGciOiJub25lIn0.e30.",
            })
    void whatIsNotOurTokenIsSaidToBeNotOurs(String text) {
        assertInstanceOf(Verification.NotOurs.class, verify(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"kid\":1}", "{\"kid\":[\"a\"]}", "{\"typ\":1}", "{\"typ\":{},\"kid\":{}}"})
    void aHeaderOfTheWrongTypesIsNotOurs(String header) {
        assertInstanceOf(Verification.NotOurs.class, verify(encoded(header) + ".e30.AA"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"\"alg\":1", "\"alg\":[]", "\"alg\":\"ES256\",\"crit\":1", "\"alg\":\"ES256\",\"crit\":[1]"})
    void aHeaderOfOursWithValuesOfTheWrongTypesIsRejected(String rest) {
        String header = "{\"typ\":\"clawpod-session+jwt\",\"kid\":\"" + KEY.id() + "\"," + rest + "}";
        String[] parts = signed().split("\\.", -1);
        assertInstanceOf(Verification.Rejected.class, verify(encoded(header) + "." + parts[1] + "." + parts[2]));
    }

    private static String encoded(String header) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(header.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aTextBeyondTheGreatestLengthIsNotLookedAt() {
        assertInstanceOf(Verification.NotOurs.class, verify(signed() + "A".repeat(SessionTokens.MAX_LENGTH)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "[]", "{}", "{\"keys\":[]}", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\",\"kid\":\"a\"}]}"})
    void aKeySetWithoutUsableKeysIsRefused(String json) {
        assertTrue(assertThrows(InvalidValue.class, () -> VerificationKeys.fromJwks(json))
                .field()
                .equals("keys"));
    }
}
