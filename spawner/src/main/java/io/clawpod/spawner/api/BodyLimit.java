package io.clawpod.spawner.api;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Refuses bodies that say they are too large with a problem: the framework, which would do it next, says nothing. */
@ApplicationScoped
class BodyLimit {
    // Before the framework's own limit (RouteConstants.ROUTE_ORDER_UPLOAD_LIMIT).
    private static final int PRIORITY = 100;

    private final long limit;

    BodyLimit(@ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize limit) {
        this.limit = limit.asLongValue();
    }

    void register(@Observes Filters filters) {
        filters.register(this::check, PRIORITY);
    }

    private void check(RoutingContext context) {
        String length = context.request().getHeader(HttpHeaders.CONTENT_LENGTH);
        // The server has refused what is no number (RFC 9112 section 6.3).
        if (length == null || Long.parseLong(length) <= limit) {
            context.next();
            return;
        }
        Problem problem =
                Problem.of(ErrorCode.BODY_TOO_LARGE, "the body is too large", "send at most " + limit + " bytes");
        context.response()
                .setStatusCode(problem.code().status())
                .putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE)
                // What is left of the body is not read.
                .putHeader(HttpHeaders.CONNECTION, "close")
                .end(new JsonObject(problem.members()).toBuffer());
    }
}
