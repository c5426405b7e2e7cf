package io.clawpod.spawner.docker.engine;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.web.Authentication;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.util.UUID;
import java.util.function.Function;
import org.jboss.logging.Logger;

/** Which call goes where, and how its end becomes an answer. */
final class Engine {
    private static final Logger LOG = Logger.getLogger(Engine.class);
    private static final long MAX_BODY = 1 << 20;
    private static final String AUTHENTICATED = "authenticated";

    private final Vertx vertx;
    private final ObjectMapper mapper;
    private final Authentication authentication;

    Engine(Vertx vertx, ObjectMapper mapper, Authentication authentication) {
        this.vertx = vertx;
        this.mapper = mapper;
        this.authentication = authentication;
    }

    /** The parts that answer. */
    record Parts(
            SystemCalls system,
            Containers containers,
            Lifecycle life,
            Attaching attaching,
            Execs execs,
            Archives archives,
            Observing observing,
            Inspecting inspecting,
            ImageCalls images) {}

    /** @param trusted whether whoever can connect may call */
    Router router(Parts parts, boolean trusted) {
        Router router = Router.router(vertx);
        router.route().handler(this::begin);
        if (!trusted) {
            router.route().handler(this::authenticate);
        }
        // Not read into memory, unlike all other bodies.
        on(router, HttpMethod.PUT, "/containers/{id}/archive", parts.archives()::put);
        router.route().handler(BodyHandler.create(false).setBodyLimit(MAX_BODY));
        system(router, parts.system());
        containers(router, parts);
        images(router, parts.images());
        refusals(router);
        router.route().handler(call -> fail(call, new EngineRefusal(404, "page not found")));
        router.route().failureHandler(this::failed);
        return router;
    }

    private void system(Router router, SystemCalls system) {
        on(router, HttpMethod.GET, "/_ping", system::ping);
        on(router, HttpMethod.HEAD, "/_ping", system::ping);
        on(router, HttpMethod.GET, "/version", system::version);
        on(router, HttpMethod.GET, "/info", system::info);
        on(router, HttpMethod.GET, "/events", system::events);
        on(router, HttpMethod.GET, "/system/df", system::diskUsage);
        on(router, HttpMethod.GET, "/networks", system::networks);
        on(router, HttpMethod.GET, "/networks/{id}", system::network);
        on(router, HttpMethod.GET, "/volumes", system::volumes);
        on(router, HttpMethod.GET, "/volumes/{id}", system::volume);
    }

    private void containers(Router router, Parts parts) {
        Lifecycle life = parts.life();
        on(router, HttpMethod.GET, "/containers/json", parts.inspecting()::list);
        on(router, HttpMethod.POST, "/containers/create", life::create);
        on(router, HttpMethod.GET, "/containers/{id}/json", parts.inspecting()::inspect);
        on(router, HttpMethod.POST, "/containers/{id}/start", life::start);
        on(router, HttpMethod.POST, "/containers/{id}/stop", life::stop);
        on(router, HttpMethod.POST, "/containers/{id}/kill", life::kill);
        on(router, HttpMethod.POST, "/containers/{id}/restart", life::restart);
        on(router, HttpMethod.POST, "/containers/{id}/rename", life::rename);
        on(router, HttpMethod.DELETE, "/containers/{id}", life::remove);
        on(router, HttpMethod.POST, "/containers/{id}/wait", call -> waited(call, life));
        upgraded(router, "/containers/{id}/attach", parts.attaching()::attach);
        on(router, HttpMethod.GET, "/containers/{id}/logs", parts.attaching()::logs);
        on(router, HttpMethod.POST, "/containers/{id}/resize", parts.attaching()::resize);
        on(router, HttpMethod.GET, "/containers/{id}/top", parts.observing()::top);
        on(router, HttpMethod.GET, "/containers/{id}/stats", parts.observing()::stats);
        on(router, HttpMethod.HEAD, "/containers/{id}/archive", parts.archives()::stat);
        on(router, HttpMethod.GET, "/containers/{id}/archive", parts.archives()::get);
        on(router, HttpMethod.POST, "/containers/{id}/exec", parts.execs()::create);
        upgraded(router, "/exec/{id}/start", parts.execs()::start);
        on(router, HttpMethod.POST, "/exec/{id}/resize", parts.execs()::resize);
        on(router, HttpMethod.GET, "/exec/{id}/json", parts.execs()::inspect);
    }

    private void images(Router router, ImageCalls images) {
        on(router, HttpMethod.GET, "/images/json", images::list);
        on(router, HttpMethod.POST, "/images/create", images::pull);
        on(router, HttpMethod.GET, "/images/{name}/json", images::inspect);
        on(router, HttpMethod.GET, "/images/{name}/history", images::history);
        on(router, HttpMethod.POST, "/images/{name}/tag", images::tag);
        on(router, HttpMethod.POST, "/images/{name}/push", images::push);
    }

    private void refusals(Router router) {
        for (RefusedCalls.Refused refused : RefusedCalls.ALL) {
            on(router, HttpMethod.valueOf(refused.method()), refused.path(), call -> {
                throw EngineRefusal.notImplemented(refused.why(), refused.instead());
            });
        }
    }

    /** A POST whose client takes the connection over comes as GET, see {@link Wire#prepare}. */
    private void upgraded(Router router, String path, Function<Call, Uni<Reply>> handler) {
        on(router, HttpMethod.POST, path, handler);
        on(router, HttpMethod.GET, path, call -> {
            if (!"tcp".equalsIgnoreCase(call.request().getHeader("Upgrade"))) {
                throw new EngineRefusal(404, "page not found");
            }
            return handler.apply(call);
        });
    }

    private void on(Router router, HttpMethod method, String path, Function<Call, Uni<Reply>> handler) {
        router.routeWithRegex(method, regex(path)).handler(context -> answer(context, handler));
    }

    /** {@code {id}} stands for one part, {@code {name}} for any number of them, as image names have. */
    static String regex(String path) {
        return "(?:/v(?<version>[0-9]+\\.[0-9]+))?"
                + path.replace("{id}", "(?<id>[^/]+)").replace("{name}", "(?<name>.+)");
    }

    private void begin(RoutingContext context) {
        context.response()
                .putHeader("Api-Version", ApiVersion.GREATEST.toString())
                .putHeader("Docker-Experimental", "false")
                .putHeader("Ostype", "linux")
                .putHeader("Server", "Clawpod")
                .putHeader("Cache-Control", "no-cache");
        context.next();
    }

    private void authenticate(RoutingContext context) {
        context.request().pause();
        Context loop = Vertx.currentContext();
        authentication
                .caller(context.request().getHeader("Authorization"))
                .subscribe()
                .with(
                        caller -> loop.runOnContext(go -> {
                            context.put(AUTHENTICATED, caller);
                            context.request().resume();
                            context.next();
                        }),
                        refusal -> loop.runOnContext(go -> {
                            context.request().resume();
                            fail(context, refusal);
                        }));
    }

    private void answer(RoutingContext context, Function<Call, Uni<Reply>> handler) {
        Call call = new Call(context, mapper);
        Context loop = Vertx.currentContext();
        Uni<Reply> reply;
        try {
            ApiVersion.of(call);
            reply = handler.apply(call);
        } catch (RuntimeException e) {
            fail(context, e);
            return;
        }
        reply.subscribe()
                .with(
                        done -> loop.runOnContext(go -> send(context.response(), done)),
                        failure -> loop.runOnContext(go -> fail(context, failure)));
    }

    private static void send(HttpServerResponse response, Reply reply) {
        if (reply.status() == 0 || response.closed()) {
            return;
        }
        response.setStatusCode(reply.status());
        reply.headers().forEach(response::putHeader);
        if (reply.type() != null) {
            response.putHeader("Content-Type", reply.type());
        }
        Buffer body = reply.body();
        if (body == null) {
            response.end();
        } else {
            response.end(body);
        }
    }

    /** What Vert.x itself refuses, such as a body that is too large. */
    private void failed(RoutingContext context) {
        Throwable failure = context.failure();
        if (failure != null && context.statusCode() == 500) {
            fail(context, failure);
        } else {
            int status = context.statusCode();
            fail(
                    context,
                    new EngineRefusal(
                            status,
                            status == 413
                                    ? "the body is too large; send at most " + MAX_BODY + " bytes"
                                    : "the request cannot be read"));
        }
    }

    /** The one place where a failure becomes Docker's error form. No exception text reaches a client. */
    private void fail(RoutingContext context, Throwable failure) {
        HttpServerResponse response = context.response();
        EngineRefusal refusal = refusal(failure);
        if (response.headWritten()) {
            response.reset();
            return;
        }
        response.headers().remove("Content-Encoding");
        if (refusal.status() == 401) {
            response.putHeader("WWW-Authenticate", "Bearer realm=\"clawpod\"");
        }
        response.setChunked(false);
        send(response, Reply.json(refusal.status(), Json.object().put("message", refusal.getMessage())));
    }

    private static EngineRefusal refusal(Throwable failure) {
        if (failure instanceof EngineRefusal refusal) {
            return refusal;
        } else if (failure instanceof Refusal refusal) {
            return EngineRefusal.of(refusal.problem());
        } else if (failure instanceof InvalidValue invalid) {
            return EngineRefusal.invalid(invalid);
        }
        String id = UUID.randomUUID().toString();
        LOG.errorf(failure, "docker request failed id=%s", id);
        return new EngineRefusal(500, "the spawner failed; its log has the cause under id " + id);
    }

    /** Its head goes out before the end is known: the client starts the container only then. */
    private Uni<Reply> waited(Call call, Lifecycle life) {
        Session session = life.find(call);
        String condition = call.parameter("condition");
        Uni<com.fasterxml.jackson.databind.JsonNode> end =
                life.end(session, condition == null ? "not-running" : condition);
        HttpServerResponse response = call.request().response();
        Context loop = Vertx.currentContext();
        response.setChunked(true).putHeader("Content-Type", "application/json");
        response.write(Buffer.buffer());
        var waiting = end.subscribe()
                .with(
                        result -> loop.runOnContext(go -> finish(response, result.toString())),
                        failure -> loop.runOnContext(go -> finish(
                                response,
                                Json.object()
                                        .put("StatusCode", 125)
                                        .set(
                                                "Error",
                                                Json.object()
                                                        .put(
                                                                "Message",
                                                                refusal(failure).getMessage()))
                                        .toString())));
        response.closeHandler(closed -> waiting.cancel());
        return Uni.createFrom().item(Reply.SENT);
    }

    private static void finish(HttpServerResponse response, String body) {
        if (!response.closed() && !response.ended()) {
            response.end(body + "\n");
        }
    }
}
