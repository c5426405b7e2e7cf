package io.clawpod.proxy.server;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.proxy.audit.PodCalls;
import io.clawpod.proxy.audit.Trail;
import io.clawpod.proxy.exchange.Answers;
import io.clawpod.proxy.identity.PodWatch;
import io.clawpod.proxy.identity.SpawnerCheck;
import io.quarkus.vertx.http.ManagementInterface;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;

/**
 * {@code GET /v1/calls} on the management port: what each pod has called, for the spawner and nobody else. The counts begin
 * with the process, which {@code instance} tells from others.
 */
@Singleton
final class CallsEndpoint {
    /** For so long the spawner may be away and still learn what a pod that has ended did. */
    static final Duration REMEMBERED = Duration.ofMinutes(30);

    private static final String BEARER = "Bearer ";

    private final PodCalls pods;
    private final PodWatch watch;
    private final SpawnerCheck spawner;
    private final Clock clock;
    private final String instance = UUID.randomUUID().toString();

    CallsEndpoint(Trail trail, PodWatch watch, SpawnerCheck spawner, Clock clock) {
        this.pods = trail.pods();
        this.watch = watch;
        this.spawner = spawner;
        this.clock = clock;
    }

    void register(@Observes ManagementInterface management) {
        management.router().get("/v1/calls").handler(this::answer);
    }

    private void answer(RoutingContext context) {
        String authorization = context.request().getHeader("authorization");
        if (authorization == null
                || !authorization.startsWith(BEARER)
                || !spawner.isSpawner(authorization.substring(BEARER.length()))) {
            Answers.problem(
                    context.request(),
                    Problem.of(
                            ErrorCode.UNAUTHENTICATED,
                            "Only the spawner is told of calls.",
                            "Send a token that it has signed for this."));
            return;
        }
        pods.forget(clock.instant().minus(REMEMBERED), watch::alive);
        JsonArray told = new JsonArray();
        pods.all()
                .forEach((uid, counts) -> told.add(new JsonObject()
                        .put("pod", uid)
                        .put("open", counts.open())
                        .put("allowed", counts.allowed())
                        .put("refused", counts.refused())
                        .put("receivedBytes", counts.receivedBytes())
                        .put("sentBytes", counts.sentBytes())
                        .put("inputTokens", counts.inputTokens())
                        .put("outputTokens", counts.outputTokens())
                        .put("cacheCreationTokens", counts.cacheCreationTokens())
                        .put("cacheReadTokens", counts.cacheReadTokens())
                        .put("lastAt", counts.lastAt().toString())));
        context.response()
                .putHeader("content-type", "application/json")
                .end(new JsonObject()
                        .put("instance", instance)
                        .put("pods", told)
                        .encode());
    }
}
