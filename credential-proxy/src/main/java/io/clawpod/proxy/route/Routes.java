package io.clawpod.proxy.route;

import io.clawpod.common.InvalidValue;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/** The configured routes: one, for every path. Immutable. */
@Singleton
public final class Routes {
    private final @Nullable Route route;
    private final @Nullable String fault;

    Routes(
            @ConfigProperty(name = "clawpod.upstream.url") Optional<String> url,
            @ConfigProperty(name = "clawpod.upstream.allow-private") boolean allowPrivate) {
        Route parsed = null;
        String wrong = null;
        try {
            parsed = parse(url, allowPrivate);
        } catch (InvalidValue e) {
            wrong = "The configuration's " + e.field() + " " + e.fault() + "; " + e.remedy() + ".";
        }
        this.route = parsed;
        this.fault = wrong;
    }

    private static Route parse(Optional<String> url, boolean allowPrivate) {
        Route route = Route.parse(url.orElseThrow(
                () -> new InvalidValue("clawpod.upstream.url", "is missing", "set the upstream's URL")));
        if (!route.tls() && !allowPrivate) {
            // A credential must not cross the internet in the clear.
            throw new InvalidValue("clawpod.upstream.url", "is http", "use https, or set allow-private for your own");
        }
        return route;
    }

    /** The route for every call; null if none is configured, and then {@link #fault()} says why. */
    public @Nullable Route current() {
        return route;
    }

    /** What is wrong with the configuration; null if nothing is. */
    public @Nullable String fault() {
        return fault;
    }
}
