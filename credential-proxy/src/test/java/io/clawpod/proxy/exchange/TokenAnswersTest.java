package io.clawpod.proxy.exchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenAnswersTest {
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
    @ValueSource(
            strings = {
                "access_token",
                "tenant_access_token",
                "app-access-token",
                "userAccessToken",
                "idToken",
                "client_secret",
                "raw_key",
                "api_key",
                "SecretAccessKey",
                "SessionToken"
            })
    void aMembersNameTellsThatItHoldsASecret(String name) {
        assertEquals(
                "{\"a\":{\"" + name + "\":\"***\"}}",
                String.valueOf(TokenAnswers.redact(Buffer.buffer("{\"a\":{\"" + name + "\":\"x\"}}"))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"token_type", "expires_in", "scope", "tokens", "key_id", "account"})
    void otherMembersStay(String name) {
        String json = "{\"" + name + "\":\"x\"}";
        assertEquals(json, String.valueOf(TokenAnswers.redact(Buffer.buffer(json))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"access_token=gho_x&scope=", "\"gho_x\"", "{\"access_token\":\"x\"", "<html>", "{} {}"})
    void whatIsNoJsonCannotBeJudged(String body) {
        assertNull(TokenAnswers.redact(Buffer.buffer(body)));
    }
}
