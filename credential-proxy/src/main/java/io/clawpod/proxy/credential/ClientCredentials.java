package io.clawpod.proxy.credential;

import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** The headers by which clients send credentials of their own; none of them may reach an upstream. Pure. */
public final class ClientCredentials {
    private static final Set<String> NAMES = Set.of(
            "x-api-key",
            "authorization",
            "proxy-authorization",
            "cookie",
            "cookie2",
            "api-key",
            "apikey",
            "x-goog-api-key",
            "x-goog-iam-authorization-token",
            "anthropic-api-key",
            "x-anthropic-api-key",
            "openai-api-key",
            "x-auth-token",
            "x-access-token",
            "x-amz-security-token",
            "x-functions-key",
            "x-vault-token",
            "x-github-token",
            "x-gitlab-token",
            "private-token",
            "job-token",
            "deploy-token",
            "ocp-apim-subscription-key");

    private ClientCredentials() {}

    /** Takes every header with a client's credential out of {@code headers}. */
    public static void strip(MultiMap headers) {
        strip(headers, NAMES::contains);
    }

    /** Takes out whatever a server could read as {@code header}, which may be none of the known ones. */
    static void stripAllLike(String header, MultiMap headers) {
        String wanted = plain(header);
        if (!NAMES.contains(wanted)) {
            strip(headers, wanted::equals);
        }
    }

    private static void strip(MultiMap headers, Predicate<String> unwanted) {
        List<String> found = new ArrayList<>();
        for (Map.Entry<String, String> header : headers) {
            if (unwanted.test(plain(header.getKey()))) {
                found.add(header.getKey());
            }
        }
        found.forEach(headers::remove);
    }

    /** Some servers read x_api_key as x-api-key (RFC 3875 section 4.1.18 maps both to one variable). */
    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
