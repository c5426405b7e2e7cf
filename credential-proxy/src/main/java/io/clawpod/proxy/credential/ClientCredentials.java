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
            // HTTP itself, and what stands for it behind gateways
            "authorization",
            "proxy-authorization",
            "x-authorization",
            "x-original-authorization",
            "x-serverless-authorization",
            "authentication",
            "cookie",
            "cookie2",
            // what many APIs have called theirs
            "api-key",
            "apikey",
            "api-token",
            "access-token",
            "auth-token",
            "token",
            "x-api-key",
            "x-apikey",
            "x-api-secret",
            "x-api-token",
            "x-access-key",
            "x-access-token",
            "x-auth-key",
            "x-auth-token",
            "x-client-secret",
            "x-secret-key",
            "x-session-token",
            "x-token",
            // models
            "anthropic-api-key",
            "x-anthropic-api-key",
            "openai-api-key",
            "x-openai-api-key",
            "x-azure-api-key",
            "x-cohere-api-key",
            "x-huggingface-api-key",
            "x-goog-api-key",
            "x-goog-iam-authorization-token",
            "xi-api-key",
            // clouds and gateways
            "x-amz-security-token",
            "x-aws-ec2-metadata-token",
            "x-auth-user-service-key",
            "x-functions-key",
            "x-ibm-client-secret",
            "x-ms-token-aad-access-token",
            "x-ms-token-aad-id-token",
            "x-subject-token",
            "x-service-token",
            "ocp-apim-subscription-key",
            "cf-access-client-secret",
            "cf-access-jwt-assertion",
            "cf-access-token",
            "fastly-key",
            "x-rapidapi-key",
            "x-mashape-key",
            // forges, registries and builds
            "x-github-token",
            "x-gitlab-token",
            "private-token",
            "job-token",
            "deploy-token",
            "circle-token",
            "x-jfrog-art-api",
            "x-nuget-apikey",
            "x-octopus-apikey",
            "x-registry-auth",
            "x-registry-config",
            // secrets and operations
            "x-vault-token",
            "x-consul-token",
            "x-nomad-token",
            "dd-api-key",
            "dd-application-key",
            "x-honeycomb-team",
            "x-insert-key",
            "x-query-key",
            "x-license-key",
            "x-sentry-auth",
            "x-sentry-token",
            // other services
            "x-algolia-api-key",
            "x-meili-api-key",
            "x-typesense-api-key",
            "x-subscription-token",
            "x-figma-token",
            "x-parse-master-key",
            "x-parse-rest-api-key",
            "x-parse-session-token",
            "x-plex-token",
            "x-postmark-account-token",
            "x-postmark-server-token",
            "x-redmine-api-key",
            "x-shopify-access-token",
            "x-shopify-storefront-access-token");

    private ClientCredentials() {}

    /** Takes every header with a client's credential out of {@code headers}, and the keys among offered subprotocols. */
    public static void strip(MultiMap headers) {
        strip(headers, NAMES::contains);
        OfferedKeys.strip(headers);
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
