package io.clawpod.proxy.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.SessionKey;
import io.clawpod.common.SessionToken;
import io.clawpod.common.SessionTokens;
import io.clawpod.common.SessionTokens.Verification;
import io.clawpod.common.SigningKey;
import io.clawpod.common.VerificationKeys;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class VerifiedTokensTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private final SigningKey key = SigningKey.generate();
    private final VerifiedTokens tokens = new VerifiedTokens("clawpod-spawner");

    private static VerificationKeys keys(SigningKey key) {
        return VerificationKeys.fromJwks(new JsonObject()
                .put("keys", new JsonArray().add(new JsonObject(key.publicJwk())))
                .encode());
    }

    private String token() {
        SessionKey session = SessionKey.of("3f2a9c1e", "chat");
        return SessionTokens.sign(
                        new SessionToken(
                                "clawpod-spawner",
                                session,
                                null,
                                null,
                                "agents",
                                "chat-1",
                                "uid-1",
                                NOW,
                                NOW.plusSeconds(60),
                                "jti"),
                        key)
                .reveal();
    }

    private static SessionToken valid(Verification verification) {
        assertTrue(verification instanceof Verification.Valid, verification.toString());
        return ((Verification.Valid) verification).token();
    }

    @Test
    void aTokenIsVerifiedOnceForAKeySet() {
        VerificationKeys set = keys(key);
        String token = token();
        SessionToken first = valid(tokens.verify(token, set, NOW));
        assertSame(first, valid(tokens.verify(token, set, NOW)));
        assertNotSame(first, valid(tokens.verify(token, keys(key), NOW)));
    }

    @Test
    void aKnownTokenOfAWithdrawnKeyIsUnknown() {
        String token = token();
        valid(tokens.verify(token, keys(key), NOW));
        assertEquals(new Verification.UnknownKey(key.id()), tokens.verify(token, keys(SigningKey.generate()), NOW));
    }

    @Test
    void aKnownTokenExpiresAllTheSame() {
        VerificationKeys set = keys(key);
        String token = token();
        valid(tokens.verify(token, set, NOW));
        Instant end = NOW.plusSeconds(60).plus(SessionTokens.CLOCK_SKEW);
        valid(tokens.verify(token, set, end.minusSeconds(1)));
        assertTrue(tokens.verify(token, set, end) instanceof Verification.Rejected);
    }

    @Test
    void aTokenThatDiffersInOneLetterIsAnotherToken() {
        VerificationKeys set = keys(key);
        String token = token();
        valid(tokens.verify(token, set, NOW));
        int at = token.lastIndexOf('.') + 5;
        String other = token.substring(0, at) + (token.charAt(at) == 'A' ? 'B' : 'A') + token.substring(at + 1);
        assertTrue(tokens.verify(other, set, NOW) instanceof Verification.Rejected);
    }
}
