package io.clawpod.proxy.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.MultiMap;
import java.util.List;
import org.junit.jupiter.api.Test;

class PresentedTokensTest {
    private static List<String> in(String... namesAndValues) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            headers.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        return PresentedTokens.in(headers, text -> text);
    }

    @Test
    void theTokenMayStandInThreePlacesAndTheKeyComesFirst() {
        assertEquals(
                List.of("k", "a", "p"),
                in("proxy-authorization", "Bearer p", "Authorization", "bearer  a ", "X-Api-Key", " k "));
    }

    @Test
    void thePasswordOfBasicIsATokenToo() {
        assertEquals(List.of("to:ken"), in("Proxy-Authorization", "Basic dXNlcjp0bzprZW4="));
    }

    @Test
    void whatIsNoTokenIsPassedOver() {
        assertEquals(
                List.of(),
                in(
                        "authorization",
                        "Bearer",
                        "authorization",
                        "Digest x",
                        "authorization",
                        "Basic !!",
                        "x-api-key",
                        ""));
    }

    @Test
    void onlyFourCandidatesAreLookedAt() {
        assertEquals(
                4,
                in("x-api-key", "1", "x-api-key", "2", "x-api-key", "3", "x-api-key", "4", "x-api-key", "5")
                        .size());
    }
}
