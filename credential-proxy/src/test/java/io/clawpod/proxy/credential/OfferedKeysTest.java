package io.clawpod.proxy.credential;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.MultiMap;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OfferedKeysTest {
    private static MultiMap offering(String... values) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        for (String value : values) {
            headers.add("Sec-WebSocket-Protocol", value);
        }
        return headers;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            realtime, openai-insecure-api-key.a.b-c_d, openai-beta.realtime-v1 | a.b-c_d | realtime, openai-beta.realtime-v1
            realtime,OpenAI-Insecure-API-Key.k                                 | k       | realtime
            xai-client-secret.k                                                | k       |
            base64url.bearer.authorization.k8s.io.YS5i, v5.channel.k8s.io      | a.b     | v5.channel.k8s.io
            phoenix, base64url.bearer.phx.YS5i                                 | a.b     | phoenix
            base64url.bearer.phx.*                                             | *       |
            token, k                                                           | k       | token
            Bearer , , k , x                                                   | k       | Bearer, x
            """)
    void aKeyIsFoundAndDoesNotGoOn(String offer, String key, @Nullable String rest) {
        MultiMap headers = offering(offer);
        assertEquals(List.of(key), OfferedKeys.in(headers));
        OfferedKeys.strip(headers);
        assertEquals(rest == null ? List.of() : List.of(rest), headers.getAll("sec-websocket-protocol"));
    }

    @Test
    void oneOfferMayComeInManyHeaders() {
        MultiMap headers = offering("token", "k", "x");
        assertEquals(List.of("k"), OfferedKeys.in(headers));
        OfferedKeys.strip(headers);
        assertEquals(List.of("token, x"), headers.getAll("sec-websocket-protocol"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            graphql-transport-ws
            chat, superchat
            x, token
            openai-beta.realtime-v1
            """)
    void whatIsNoKeyGoesOnAsItCame(String offer) {
        MultiMap headers = offering(offer);
        assertEquals(List.of(), OfferedKeys.in(headers));
        OfferedKeys.strip(headers);
        assertEquals(List.of(offer), headers.getAll("sec-websocket-protocol"));
    }

    @Test
    void withoutAnOfferNothingIsAdded() {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap().add("a", "b");
        assertEquals(List.of(), OfferedKeys.in(headers));
        OfferedKeys.strip(headers);
        assertEquals(1, headers.size());
    }
}
