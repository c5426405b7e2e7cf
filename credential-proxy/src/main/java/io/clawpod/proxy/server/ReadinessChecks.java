package io.clawpod.proxy.server;

import io.clawpod.proxy.credential.CredentialFolder;
import io.clawpod.proxy.credential.CredentialState;
import io.clawpod.proxy.identity.PodWatch;
import io.clawpod.proxy.identity.SessionKeys;
import io.clawpod.proxy.route.Routes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
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

    @Produces
    @Singleton
    @Readiness
    HealthCheck upstream(Routes routes) {
        return () -> response("upstream", routes.fault());
    }

    @Produces
    @Singleton
    @Readiness
    HealthCheck credential(CredentialFolder folder) {
        return () -> response(
                "credential", folder.current() instanceof CredentialState.Missing missing ? missing.reason() : null);
    }

    private static HealthCheckResponse response(String name, @Nullable String fault) {
        HealthCheckResponseBuilder response = HealthCheckResponse.named(name).status(fault == null);
        return (fault == null ? response : response.withData("missing", fault)).build();
    }
}
