package io.clawpod.proxy.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenPathsTest {
    private static final TokenPaths CONFIGURED = TokenPaths.of(
                    List.of(PathPattern.of("/api/oauth.v2.access"), PathPattern.of("/auth/*/internal/**")))
            .and("/login/Exchange")
            .and("/sign%20in/");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/oauth/token",
                "/oauth2/v4/token/",
                "/OAuth/Token",
                "/v1/oauth/%74oken",
                "/v1/oauth%2Ftoken",
                "/v1/oauth%5ctoken",
                "/v1/oauth/token;v=1",
                "/v1/oauth//token//",
                "/login/oauth/access_token",
                "/app/installations/7/access_tokens",
                "/v1/oauth/%2574oken"
            })
    void anEndpointThatIssuesTokensIsKnownByItsPath(String path) {
        assertTrue(TokenPaths.KNOWN.include(path, path));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/v1/messages", "/v1/messages/count_tokens", "/v1/token/x", "/v1/tokenize"})
    void otherPathsAreNot(String path) {
        assertFalse(TokenPaths.KNOWN.include(path, path));
        assertFalse(CONFIGURED.include(path, path));
    }

    @Test
    void theBasePathCounts() {
        assertTrue(TokenPaths.KNOWN.include("/", "/oauth/token/"));
        assertFalse(TokenPaths.KNOWN.include("/x", "//odd/x"));
    }

    @ParameterizedTest
    @CsvSource({
        "/api/oauth.v2.access, true",
        "/API/OAuth.v2.access, true",
        "/api/oauth.v2.access/, true",
        "/api//oauth.v2.access, true",
        "/api/oauth.v2.%61ccess, true",
        "/api%2foauth.v2.access, true",
        "/api;a=b/oauth.v2.access;c, true",
        "/api/oauth.v2.access/x, false",
        "/x/api/oauth.v2.access, false",
        "/auth/v3/internal, true",
        "/auth/v3/internal/a/b, true",
        "/auth/internal, false",
        "/base/login/exchange, false",
        "/login/exchange, true",
        "/login//EXCHANGE;x=y/, true",
        "/login/exchange/x, false",
        "/sign%20in, true",
        "/sign%20in/, true",
    })
    void aConfiguredOneIsMatchedInEveryReading(String path, boolean expected) {
        assertEquals(expected, CONFIGURED.include(path, path));
    }

    @Test
    void patternsAreOfThePathWithoutItsBaseAndEndpointsOfTheWhole() {
        assertTrue(CONFIGURED.include("/api/oauth.v2.access", "/base/api/oauth.v2.access"));
        assertFalse(CONFIGURED.include("/v2.access", "/api/oauth.v2.access"));
        assertTrue(CONFIGURED.include("/exchange", "/login/exchange"));
        assertFalse(CONFIGURED.include("/login/exchange", "/base/login/exchange"));
    }
}
