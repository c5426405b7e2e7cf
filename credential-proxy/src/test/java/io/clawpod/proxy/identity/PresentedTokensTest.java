package io.clawpod.proxy.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.MultiMap;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PresentedTokensTest {
    private static List<String> in(String... namesAndValues) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            headers.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        return PresentedTokens.in(headers, text -> text);
    }

    @Test
    void theKeyComesBeforeAuthorizationAndThatBeforeAProxys() {
        assertEquals(
                List.of("k", "a", "p"),
                in("proxy-authorization", "Bearer p", "Authorization", "bearer  a ", "X-Api-Key", " k "));
    }

    @Test
    void theHeadersOfOtherClientsForTheirKeysCountAsWell() {
        assertEquals(
                List.of("x", "azure", "gemini", "a"),
                in("authorization", "Bearer a", "x-goog-api-key", "gemini", "Api-Key", "azure", "x-api-key", "x"));
    }

    @Test
    void aWebSocketsOfferComesLast() {
        assertEquals(
                List.of("a", "o"),
                in("Sec-WebSocket-Protocol", "realtime, openai-insecure-api-key.o", "authorization", "Bearer a"));
    }

    private static String basic(String pair) {
        return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(strings = {"authorization", "proxy-authorization"})
    void thePasswordOfBasicIsATokenTooOrItsNameIfThereIsNone(String header) {
        assertEquals(List.of("to:ken"), in(header, basic("user:to:ken")));
        assertEquals(List.of("token"), in(header, basic("token:")));
        assertEquals(List.of("token"), in(header, basic(":token").replace("Basic", "basic")));
        assertEquals(List.of("töken"), in(header, basic("user:töken")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Basic", "Basic ", "Basic dG9rZW4=", "Basic Og==", "Basic dTp0*", "Basic dTr/"})
    void whatIsNoPairOfNameAndPasswordHasNoToken(String value) {
        assertEquals(List.of(), in("authorization", value));
    }

    @Test
    void aTokenIsTakenOutOfItsShapeWhereverItStands() {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap()
                .add("x-goog-api-key", "<a>")
                .add("authorization", basic("git:<b>"))
                .add("authorization", basic("<c>:"))
                .add("proxy-authorization", "Bearer <d>");
        assertEquals(List.of("a", "b", "c", "d"), PresentedTokens.in(headers, text -> text.replaceAll("[<>]", "")));
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
    void onlyEightCandidatesAreLookedAt() {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        for (int i = 0; i < 9; i++) {
            headers.add("x-api-key", "token-" + i);
        }
        List<String> tokens = PresentedTokens.in(headers, text -> text);
        assertEquals(8, tokens.size());
        assertEquals("token-7", tokens.get(7));
    }
}
