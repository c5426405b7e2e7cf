package io.clawpod.proxy.route;

import io.clawpod.proxy.credential.CredentialSpec;
import io.clawpod.proxy.policy.PlaceholderFormats;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One whole, valid configuration of routes. Immutable.
 *
 * @param routes the longest prefix first
 * @param placeholders the shapes that a session token may come in
 */
public record RouteTable(List<Route> routes, List<CredentialSpec> credentials, PlaceholderFormats placeholders) {
    public RouteTable {
        routes = routes.stream()
                .sorted(Comparator.comparingInt((Route route) -> route.prefix().length())
                        .reversed())
                .toList();
        credentials = List.copyOf(credentials);
    }

    /**
     * The route with the longest prefix of {@code path}. Prefixes are compared byte for byte: a path that hides one behind
     * an encoding goes to a shorter prefix, whose policies then see the path as it is meant.
     */
    public @Nullable Route find(String path) {
        for (int i = 0; i < routes.size(); i++) {
            if (path.startsWith(routes.get(i).prefix())) {
                return routes.get(i);
            }
        }
        return null;
    }

    /** The credentials without which the proxy is not ready. */
    public Set<String> required() {
        return routes.stream()
                .filter(route -> route.required() && route.credential() != null)
                .map(Route::credential)
                .collect(Collectors.toUnmodifiableSet());
    }
}
