package io.clawpod.proxy.credential;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.MultiMap;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClientCredentialsTest {
    private static List<String> left(String... names) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        for (String name : names) {
            headers.add(name, "mine");
        }
        ClientCredentials.strip(headers);
        return headers.entries().stream().map(java.util.Map.Entry::getKey).toList();
    }

    /** From the documentation of each: Anthropic, Azure, Gemini, GitLab, Vault, Cloudflare, Datadog, and so on. */
    @Test
    void whateverAClientMayAuthenticateWithIsTakenOff() {
        assertEquals(
                List.of(),
                left(
                        "X-Api-Key",
                        "api-key",
                        "x-goog-api-key",
                        "Authorization",
                        "AUTHORIZATION",
                        "Proxy-Authorization",
                        "Cookie",
                        "PRIVATE-TOKEN",
                        "JOB-TOKEN",
                        "X-Auth-Token",
                        "X-Vault-Token",
                        "Ocp-Apim-Subscription-Key",
                        "X-Auth-Key",
                        "CF-Access-Client-Secret",
                        "DD-API-KEY",
                        "DD-APPLICATION-KEY",
                        "xi-api-key",
                        "X-Shopify-Access-Token",
                        "X-Amz-Security-Token",
                        "x_api_key",
                        "Private_Token"));
    }

    @Test
    void headersThatOnlySoundLikeItStay() {
        List<String> others = List.of(
                "anthropic-version",
                "anthropic-beta",
                "openai-organization",
                "idempotency-key",
                "sec-websocket-key",
                "x-goog-user-project",
                "x-github-api-version",
                "x-stainless-lang",
                "git-protocol",
                "www-authenticate",
                "x-csrf-token");
        assertEquals(others, left(others.toArray(String[]::new)));
    }
}
