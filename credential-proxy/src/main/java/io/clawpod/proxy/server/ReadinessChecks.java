package io.clawpod.proxy.server;

import io.clawpod.proxy.credential.Credentials;
import io.clawpod.proxy.identity.PodWatch;
import io.clawpod.proxy.identity.SessionKeys;
import io.clawpod.proxy.route.RouteTable;
import io.clawpod.proxy.route.Routes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;
import org.jspecify.annotations.Nullable;

/** One readiness check for each thing without which no call is let through; each says what is missing. */
@Singleton
final class ReadinessChecks {
    @Produces
    @Singleton
    @Readiness
    HealthCheck podWatch(PodWatch watch) {
        return () -> response("pod-watch", watch.fault());
    }

    @Produces
    @Singleton
    @Readiness
    HealthCheck sessionKeys(SessionKeys keys) {
        return () -> response("session-keys", keys.fault());
    }

    /** Down without a table. A newer one that is wrong is data: the calls go on by the one before. */
    @Produces
    @Singleton
    @Readiness
    HealthCheck routes(Routes routes) {
        return () -> {
            RouteTable table = routes.current();
            String fault = routes.fault();
            HealthCheckResponseBuilder response =
                    HealthCheckResponse.named("routes").status(table != null).withData("origin", routes.origin());
            if (table != null) {
                response.withData("routes", table.routes().size());
            }
            if (fault != null) {
                response.withData(table == null ? "missing" : "refused", fault);
            }
            return response.build();
        };
    }

    /** Down without one that a route requires. Those of other routes are data: only the calls of these routes fail. */
    @Produces
    @Singleton
    @Readiness
    HealthCheck credentials(Routes routes, Credentials credentials) {
        return () -> {
            Map<String, String> faults = credentials.faults();
            HealthCheckResponseBuilder response =
                    HealthCheckResponse.named("credentials").status(requiredAreThere(routes, faults));
            faults.forEach(response::withData);
            return response.build();
        };
    }

    static boolean requiredAreThere(Routes routes, Map<String, String> faults) {
        RouteTable table = routes.current();
        Set<String> required = table == null ? Set.of() : table.required();
        return required.stream().noneMatch(faults::containsKey);
    }

    private static HealthCheckResponse response(String name, @Nullable String fault) {
        HealthCheckResponseBuilder response = HealthCheckResponse.named(name).status(fault == null);
        return (fault == null ? response : response.withData("missing", fault)).build();
    }
}
