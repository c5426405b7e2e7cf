package io.clawpod.proxy.exchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenAnswersTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/oauth/token",
                "/oauth/token?beta=true",
                "/oauth2/v4/token/",
                "/OAuth/Token",
                "/v1/oauth/%74oken",
                "/v1/oauth%2Ftoken",
                "/v1/oauth/token;v=1",
                "/login/oauth/access_token",
                "/app/installations/7/access_tokens"
            })
    void anEndpointThatIssuesTokensIsKnownByItsPath(String target) {
        assertTrue(TokenAnswers.issues(target));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/", "/v1/messages", "/v1/messages/count_tokens", "/v1/token/x", "/v1/tokenize", "/a?b=/token"})
    void otherPathsAreNot(String target) {
        assertFalse(TokenAnswers.issues(target));
    }

    @Test
    void noTokenIsLeftInAnAnswer() {
        String json = """
                {"token_type":"bearer","expires_in":3600,"access_token":"a","Refresh_Token":"b","id_token":{"x":"c"},
                 "account":{"uuid":"1","tokens":[{"token":"d"}]},"refresh_token":null}
                """;
        assertEquals(
                new JsonObject("""
                        {"token_type":"bearer","expires_in":3600,"access_token":"***","Refresh_Token":"***","id_token":"***",
                         "account":{"uuid":"1","tokens":[{"token":"***"}]},"refresh_token":null}
                        """), new JsonObject(Objects.requireNonNull(TokenAnswers.redact(Buffer.buffer(json)))));
        assertEquals(
                "[{\"token\":\"***\"}]", String.valueOf(TokenAnswers.redact(Buffer.buffer("[{\"token\":\"x\"}]"))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"access_token=gho_x&scope=", "\"gho_x\"", "{\"access_token\":\"x\"", "<html>", "{} {}"})
    void whatIsNoJsonCannotBeJudged(String body) {
        assertNull(TokenAnswers.redact(Buffer.buffer(body)));
    }
}
