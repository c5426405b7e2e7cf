package io.clawpod.proxy.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccountTokensTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "{\"aud\":[\"credential-proxy\"],\"sub\":\"system:serviceaccount:agents:tools\"} | true",
                "{\"aud\":[\"a\",\"credential-proxy\"],\"sub\":\"system:serviceaccount:agents:x\"} | true",
                "{\"aud\":\"credential-proxy\",\"sub\":\"system:serviceaccount:agents:tools\"}     | true",
                "{\"aud\":[\"kubernetes\"],\"sub\":\"system:serviceaccount:agents:tools\"}         | false",
                "{\"aud\":[\"credential-proxy\"],\"sub\":\"system:serviceaccount:agents-2:tools\"} | false",
                "{\"aud\":[\"credential-proxy\"],\"sub\":7}                                        | false",
                "{\"sub\":\"system:serviceaccount:agents:tools\"}                                  | false",
                "[]                                                                                | false",
                "no json                                                                           | false",
            })
    void onlyWhatSaysThatItIsOneIsShownToTheApiServer(String payload, boolean shown) {
        String encoded =
                Base64.getUrlEncoder().withoutPadding().encodeToString(payload.getBytes(StandardCharsets.UTF_8));
        assertEquals(shown, AccountTokens.maybe("e30." + encoded + ".c2ln", "agents"));
        assertEquals(false, AccountTokens.maybe(encoded, "agents"));
    }

    @ParameterizedTest
    @CsvSource({"sk-ant-api03-key", "a.b", "..", "a.!!.c"})
    void otherKeysAreNot(String key) {
        assertEquals(false, AccountTokens.maybe(key, "agents"));
    }
}
