package io.clawpod.proxy.server;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.proxy.audit.Call;
import io.clawpod.proxy.audit.End;
import io.clawpod.proxy.audit.Trail;
import io.clawpod.proxy.credential.Credential;
import io.clawpod.proxy.credential.CredentialState;
import io.clawpod.proxy.credential.Credentials;
import io.clawpod.proxy.exchange.Answers;
import io.clawpod.proxy.exchange.Exchanges;
import io.clawpod.proxy.identity.Caller;
import io.clawpod.proxy.identity.Identification;
import io.clawpod.proxy.identity.Identity;
import io.clawpod.proxy.identity.PodWatch;
import io.clawpod.proxy.policy.PlaceholderFormats;
import io.clawpod.proxy.policy.SessionLimits;
import io.clawpod.proxy.policy.SessionLimits.Permit;
import io.clawpod.proxy.route.Limits;
import io.clawpod.proxy.route.Route;
import io.clawpod.proxy.route.RouteTable;
import io.clawpod.proxy.route.Routes;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import jakarta.inject.Singleton;
import java.util.List;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Takes each call through its steps in order. The only place that knows the order. */
@Singleton
final class CallHandler {
    private static final Logger LOG = Logger.getLogger(CallHandler.class);

    private final Trail trail;
    private final Identity identity;
    private final PodWatch watch;
    private final Routes routes;
    private final Credentials credentials;
    private final SessionLimits limits;
    private final Exchanges exchanges;
    private volatile boolean draining;

    CallHandler(
            Trail trail,
            Identity identity,
            PodWatch watch,
            Routes routes,
            Credentials credentials,
            SessionLimits limits,
            Exchanges exchanges) {
        this.trail = trail;
        this.identity = identity;
        this.watch = watch;
        this.routes = routes;
        this.credentials = credentials;
        this.limits = limits;
        this.exchanges = exchanges;
    }

    /** From now on each answer ends its connection. */
    void drain() {
        draining = true;
    }

    /** Takes a request whose head could be read. */
    void handle(HttpServerRequest request) {
        request.pause();
        if (draining) {
            request.response().putHeader("connection", "close");
        }
        Call call = trail.begin(
                request.method().name(),
                Target.path(request.uri()),
                request.headers().getAll("traceparent"));
        guarded(request, call, () -> identify(request, call));
    }

    private void identify(HttpServerRequest request, Call call) {
        Problem fault = RequestRules.check(request.method().name(), request.uri(), version(request), request.headers());
        if (fault != null) {
            refuse(request, call, fault);
            return;
        }
        SocketAddress peer = request.remoteAddress();
        // One table for the whole call, whatever is loaded meanwhile.
        RouteTable table = routes.current();
        PlaceholderFormats shapes = table == null ? PlaceholderFormats.NONE : table.placeholders();
        identity.identify(request.headers(), peer == null ? null : peer.hostAddress(), shapes::unwrap)
                .onSuccess(identification -> guarded(request, call, () -> {
                    if (request.response().closed()) {
                        call.end(End.CLIENT_GONE);
                    } else if (identification instanceof Identification.Refused refused) {
                        refuse(request, call, refused.problem());
                    } else if (identification instanceof Identification.Identified identified) {
                        route(request, call, identified.caller(), table);
                    }
                }))
                .onFailure(cause -> failed(request, call, cause));
    }

    /** Vert.x only reports what a handler throws: the client would wait for an answer, and the call's limits would be held, for ever. */
    private static void guarded(HttpServerRequest request, Call call, Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            failed(request, call, e);
        }
    }

    private static void failed(HttpServerRequest request, Call call, Throwable cause) {
        LOG.errorf(cause, "call failed id=%s", call.id());
        if (!call.ended()) {
            refuse(request, call, Problem.of(ErrorCode.INTERNAL, "The proxy failed."));
        }
    }

    private void route(HttpServerRequest request, Call call, Caller caller, @Nullable RouteTable table) {
        call.identified(peer(caller));
        if (table == null) {
            refuse(request, call, unavailable(ErrorCode.ROUTES_UNAVAILABLE, routes.fault()));
            return;
        }
        Route route = table.find(Target.path(request.uri()));
        if (route == null) {
            refuse(request, call, Refusals.noRoute());
            return;
        }
        call.routed(route.name(), route.prefix());
        String inner = route.inner(request.uri());
        Problem denied = Refusals.of(
                route.policies().decide(request.method().name(), inner, caller.group(), caller.role()),
                route.name(),
                request.method().name(),
                caller);
        if (denied != null) {
            call.denied("policy");
            refuse(request, call, denied);
            return;
        }
        Limits limit = route.limits();
        // A pod that no session made counts for itself.
        String counted =
                caller.session() == null ? caller.podUid() : caller.session().toString();
        Permit permit = limits.acquire(route.name(), counted, limit.concurrentCalls(), limit.callsPerMinute());
        if (permit instanceof Permit.Refused refused) {
            call.denied(refused.limit());
            request.response().putHeader("retry-after", Integer.toString(refused.retryAfterSeconds()));
            refuse(request, call, Refusals.tooMany(route, refused));
        } else if (permit instanceof Permit.Granted granted) {
            call.onEnd(granted::close);
            forward(request, call, caller.podUid(), route);
        }
    }

    private void forward(HttpServerRequest request, Call call, String podUid, Route route) {
        String name = route.credential();
        if (name == null) {
            exchange(request, call, podUid, route, new Credential.None());
            return;
        }
        credentials
                .obtain(name)
                .onSuccess(state -> guarded(request, call, () -> use(state, request, call, podUid, route)))
                .onFailure(cause -> failed(request, call, cause));
    }

    private void use(CredentialState state, HttpServerRequest request, Call call, String podUid, Route route) {
        if (request.response().closed()) {
            call.end(End.CLIENT_GONE);
        } else if (state instanceof CredentialState.Present present) {
            exchange(request, call, podUid, route, present.credential());
        } else if (state instanceof CredentialState.Missing missing) {
            refuse(request, call, unavailable(ErrorCode.CREDENTIAL_UNAVAILABLE, missing.reason()));
        } else if (state instanceof CredentialState.Failed failed) {
            long seconds = Math.max(1, failed.retryAfter().toSeconds());
            request.response().putHeader("retry-after", Long.toString(seconds));
            refuse(request, call, unavailable(failed.code(), failed.reason()));
        }
    }

    private void exchange(HttpServerRequest request, Call call, String podUid, Route route, Credential credential) {
        call.allowed(credential.name());
        Runnable rejected = () -> credentials.rejected(credential);
        exchanges.begin(request, call, route, credential, rejected, podUid, () -> watch.alive(podUid));
    }

    private static Call.Peer peer(Caller caller) {
        return new Call.Peer(
                caller.session() == null ? null : caller.session().toString(),
                caller.account(),
                caller.group(),
                caller.role(),
                caller.podName(),
                caller.podUid());
    }

    /** Answers a request whose head could not be read. */
    void handleUnreadable(HttpServerRequest request) {
        Call call = trail.begin("-", "-", List.of());
        Throwable cause = request.decoderResult().cause();
        LOG.debugf("unreadable request id=%s cause=%s", call.id(), cause);
        refuse(request, call, unreadable(cause));
    }

    private static Problem unreadable(@Nullable Throwable cause) {
        if (cause instanceof TooLongHttpLineException) {
            return Problem.of(
                    ErrorCode.URI_TOO_LONG,
                    "The request line is longer than " + StrictRequestDecoder.MAX_LINE + " bytes.",
                    "Send less in the query.");
        }
        if (cause instanceof TooLongHttpHeaderException || cause instanceof TooLongFrameException) {
            return Problem.of(
                    ErrorCode.HEADERS_TOO_LARGE,
                    "The headers are longer than " + StrictRequestDecoder.MAX_HEADERS + " bytes.",
                    "Send fewer.");
        }
        return Problem.of(
                ErrorCode.MALFORMED_REQUEST,
                "The request's head or framing breaks RFC 9112.",
                "Send one Content-Length or one Transfer-Encoding, and lines that end in CR LF.");
    }

    private static void refuse(HttpServerRequest request, Call call, Problem problem) {
        call.answered(problem.code().status(), problem.code().code());
        call.end(End.REFUSED);
        Answers.problem(request, problem.withId(call.id()));
    }

    private static Problem unavailable(ErrorCode code, @Nullable String detail) {
        return Problem.of(
                code,
                detail == null ? code.title() + "." : detail,
                "Ask the operator; /q/health/ready on the management port says what is missing.");
    }

    private static String version(HttpServerRequest request) {
        return switch (request.version()) {
            case HTTP_1_0 -> "HTTP/1.0";
            case HTTP_1_1 -> "HTTP/1.1";
            case HTTP_2 -> "HTTP/2";
        };
    }
}
