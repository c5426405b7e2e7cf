package io.clawpod.common;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.SessionTokens.Verification;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jose4j.json.JsonUtil;
import org.junit.jupiter.api.Test;

class CallsTokenTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
    private static final SigningKey KEY = SigningKey.generate();
    private static final VerificationKeys KEYS = keys(KEY);
    private static final String TOKEN = CallsToken.sign("spawner", NOW, KEY).reveal();

    private static VerificationKeys keys(SigningKey key) {
        return VerificationKeys.fromJwks(JsonUtil.toJson(Map.of("keys", List.of(key.publicJwk()))));
    }

    @Test
    void itIsGoodForItsTimeAndTheClocksDifference() {
        Duration most = CallsToken.LIFETIME.plus(SessionTokens.CLOCK_SKEW);

        assertTrue(CallsToken.verify(TOKEN, KEYS, "spawner", NOW));
        assertTrue(CallsToken.verify(TOKEN, KEYS, "spawner", NOW.plus(most).minusSeconds(1)));
        assertFalse(CallsToken.verify(TOKEN, KEYS, "spawner", NOW.plus(most)));
    }

    @Test
    void anotherKeyOrIssuerOrChangedTextIsNotBelieved() {
        assertFalse(CallsToken.verify(TOKEN, keys(SigningKey.generate()), "spawner", NOW));
        assertFalse(CallsToken.verify(TOKEN, KEYS, "someone", NOW));
        assertFalse(CallsToken.verify(TOKEN.substring(1), KEYS, "spawner", NOW));
        assertFalse(CallsToken.verify(TOKEN.substring(0, TOKEN.length() - 4) + "AAAA", KEYS, "spawner", NOW));
        assertFalse(CallsToken.verify("x".repeat(SessionTokens.MAX_LENGTH + 1), KEYS, "spawner", NOW));
    }

    @Test
    void aSessionTokenIsNoneAndItIsNoSessionToken() {
        SessionToken session = new SessionToken(
                "spawner", SessionKey.of("i", "k"), null, null, "agents", "k-1", "u", NOW, NOW.plusSeconds(60), "1");

        assertFalse(CallsToken.verify(SessionTokens.sign(session, KEY).reveal(), KEYS, "spawner", NOW));
        assertEquals(new Verification.NotOurs(), SessionTokens.verify(TOKEN, KEYS, "spawner", NOW));
    }
}
