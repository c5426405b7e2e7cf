package io.clawpod.proxy.route;

import io.clawpod.common.InvalidValue;
import io.clawpod.proxy.credential.CredentialSpec;
import io.clawpod.proxy.policy.PathPattern;
import io.clawpod.proxy.policy.PlaceholderFormats;
import io.clawpod.proxy.policy.Policies;
import io.clawpod.proxy.policy.Rule;
import io.clawpod.proxy.policy.TokenPaths;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** The table that {@code clawpod.upstream.url} alone stands for: Anthropic's API for everyone, by another address. */
final class Shorthand {
    static final String URL = "clawpod.upstream.url";
    static final String NAME = "anthropic";

    private Shorthand() {}

    /** @throws InvalidValue if the URL is none that may be called */
    static RouteTable table(String url, boolean allowPrivate, Path credentialFolder) {
        Endpoint upstream = Endpoint.parse(URL, url).requireTlsUnless(allowPrivate, URL);
        Policies policies = new Policies(List.of(
                allow(Set.of("HEAD", "GET"), "/"),
                allow(Set.of("POST"), "/v1/messages", "/v1/messages/count_tokens"),
                allow(Set.of("GET"), "/v1/models", "/v1/models/*")));
        Route route = new Route(
                NAME, "/", true, upstream, allowPrivate, NAME, true, policies, Limits.DEFAULT, TokenPaths.KNOWN);
        return new RouteTable(
                List.of(route), List.of(new CredentialSpec.Anthropic(NAME, credentialFolder)), PlaceholderFormats.NONE);
    }

    private static Rule allow(Set<String> methods, String... paths) {
        List<PathPattern> patterns =
                List.of(paths).stream().map(PathPattern::of).toList();
        return new Rule(true, List.of(), List.of(), methods, patterns);
    }
}
