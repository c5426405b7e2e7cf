package io.clawpod.proxy.route;

import io.clawpod.common.InvalidValue;
import io.clawpod.proxy.policy.Policies;
import io.clawpod.proxy.policy.TokenPaths;
import org.jspecify.annotations.Nullable;

/**
 * Where the calls under one prefix go, and who may make them.
 *
 * @param name what the route is called in answers, logs and meters
 * @param prefix begins and ends with a slash
 * @param stripPrefix whether the upstream gets the path without the prefix
 * @param allowPrivate whether the upstream may have an address that is not globally reachable
 * @param credential name of the credential that is set; null for none
 * @param required whether the proxy is not ready without that credential
 * @param tokenPaths those whose answers hold tokens that no scrub knows
 */
public record Route(
        String name,
        String prefix,
        boolean stripPrefix,
        Endpoint upstream,
        boolean allowPrivate,
        @Nullable String credential,
        boolean required,
        Policies policies,
        Limits limits,
        TokenPaths tokenPaths) {
    /** @throws InvalidValue if the prefix is one that a request could be read to have and not to have */
    public Route {
        boolean plain = prefix.matches("/([A-Za-z0-9_~-][A-Za-z0-9._~-]*/)*");
        if (!plain) {
            throw new InvalidValue(
                    "prefix",
                    "is no plain path that ends in a slash",
                    "write / or /name/, of letters, digits and . _ ~ -");
        }
    }

    public boolean tls() {
        return upstream.tls();
    }

    /** A name or an IP literal, an IPv6 one without brackets. */
    public String host() {
        return upstream.host();
    }

    public int port() {
        return upstream.port();
    }

    /** What the upstream gets as Host. */
    public String authority() {
        return upstream.authority();
    }

    /** The path, or path and query, that policies and the upstream see, before the base path. */
    public String inner(String target) {
        return stripPrefix ? target.substring(prefix.length() - 1) : target;
    }

    /** The target that the upstream gets for a caller's target under this prefix: byte for byte, after the base path. */
    public String target(String target) {
        return upstream.basePath() + inner(target);
    }

    /** Whether a caller's target under this prefix names an endpoint that issues tokens. */
    public boolean issuesTokens(String target) {
        int query = target.indexOf('?');
        String path = query < 0 ? target : target.substring(0, query);
        return tokenPaths.include(inner(path), target(path));
    }

    /** This route, where an endpoint at {@code other} is known to issue tokens. */
    Route knowing(Endpoint other) {
        return !other.host().equalsIgnoreCase(host())
                ? this
                : new Route(
                        name,
                        prefix,
                        stripPrefix,
                        upstream,
                        allowPrivate,
                        credential,
                        required,
                        policies,
                        limits,
                        tokenPaths.and(other.basePath()));
    }
}
