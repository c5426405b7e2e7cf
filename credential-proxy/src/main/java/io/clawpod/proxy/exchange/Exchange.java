package io.clawpod.proxy.exchange;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.proxy.audit.Call;
import io.clawpod.proxy.audit.End;
import io.clawpod.proxy.credential.ClientCredentials;
import io.clawpod.proxy.credential.Credential;
import io.clawpod.proxy.route.Limits;
import io.clawpod.proxy.route.Route;
import io.clawpod.proxy.scrub.Patterns;
import io.clawpod.proxy.scrub.Undecodable;
import io.vertx.core.Context;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.StreamResetException;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One call on its way: request to the upstream, answer to the client. It ends exactly once: complete, refused (a limit was
 * broken), failed before the answer began (the client gets a problem), broken within it (the client's connection is closed
 * before the body's end), client gone, or cut. Confined to the event loop of the client's connection, except {@link #cut()}.
 */
final class Exchange {
    /** Answers before the answer, such as 103, that one call may get; they are not passed on. */
    static final int MAX_INTERIM = 16;

    /** Safe methods (RFC 9110 section 9.2.1): PUT and DELETE may be repeated as well, but then the answer may be another. */
    private static final Set<HttpMethod> REPEATABLE = Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);

    private static final Logger LOG = Logger.getLogger(Exchange.class);

    private final HttpServerRequest in;
    private final HttpServerResponse out;
    private final Context context;
    private final Vertx vertx;
    private final Call call;
    private final Runnable released;
    private @Nullable HttpClientRequest upstream;
    private @Nullable Upload upload;
    private @Nullable Silence waiting;
    private @Nullable AnswerBody body;
    private @Nullable TokenUsage usage;
    private @Nullable Tunnel tunnel;
    private int interim;
    private boolean repeated;
    private boolean requestRead;
    private boolean over;

    /** What one exchange works with from its start on. */
    private record Means(
            Upstream upstreams,
            Route route,
            Limits limits,
            Credential credential,
            Patterns patterns,
            Patience patience) {
        Duration idle() {
            return patience.upTo(limits.idle());
        }
    }

    /**
     * Makes an exchange that has not begun.
     *
     * @param in paused, with nothing of its body read
     * @param context the client connection's
     * @param released run once, when the exchange is over
     */
    Exchange(HttpServerRequest in, Context context, Call call, Runnable released) {
        this.in = in;
        this.out = in.response();
        this.context = context;
        this.vertx = context.owner();
        this.call = call;
        this.released = released;
    }

    void start(
            Upstream upstreams,
            Route route,
            Limits limits,
            Credential credential,
            Patterns patterns,
            Patience patience) {
        out.exceptionHandler(cause -> clientGone());
        out.closeHandler(closed -> clientGone());
        in.exceptionHandler(cause -> clientGone());
        String declared = in.getHeader("content-length");
        long limit = limits.bodyBytes();
        if (limit > 0 && declared != null && Long.parseLong(declared) > limit) {
            refuse(Upload.tooLarge(limit));
            return;
        }
        connect(new Means(upstreams, route, limits, credential, patterns, patience));
    }

    /** Ends the exchange because its caller's pod has ended. From any thread. */
    void cut() {
        context.runOnContext(now -> {
            if (finish(End.CUT)) {
                breakOff(Problem.of(
                        ErrorCode.UNAUTHENTICATED, "The session's pod has ended, or its session was revoked."));
            }
        });
    }

    private void connect(Means means) {
        means.upstreams()
                .request(means.route(), in.method().name(), in.uri(), Tunnel.asked(in))
                .onComplete(connected -> {
                    if (connected.failed()) {
                        fail(connected.cause());
                    } else if (over) {
                        connected
                                .result()
                                .request()
                                .exceptionHandler(reset -> {})
                                .reset();
                    } else {
                        try {
                            send(connected.result(), means);
                        } catch (RuntimeException e) {
                            fail(e);
                        }
                    }
                });
    }

    private void send(Upstream.Ready ready, Means means) {
        HttpClientRequest request = ready.request();
        upstream = request;
        MultiMap headers = request.headers();
        HopByHop.copyRequest(in.headers(), headers);
        ClientCredentials.strip(headers);
        means.credential().applyTo(headers);
        if (request.version() != HttpVersion.HTTP_2) { // which has :authority in its place, set by the connection
            headers.set("host", means.route().authority());
        }
        if (call.trace().made()) {
            headers.set("traceparent", call.trace().traceparent());
            headers.remove("tracestate");
        }
        boolean framed =
                in.headers().contains("transfer-encoding") || in.headers().contains("content-length");
        boolean repeatable = ready.reused() && !repeated && !framed && REPEATABLE.contains(in.method());
        request.exceptionHandler(cause -> {
            // An upstream may answer early and stop reading; its answer is then what counts.
            if (upstream == request && !out.headWritten()) {
                lost(cause, repeatable, means);
            }
        });
        request.continueHandler(interimAnswer -> interim());
        request.earlyHintsHandler(interimAnswer -> interim());
        request.response().onComplete(answer -> {
            if (upstream != request) {
                return;
            }
            if (answer.failed()) {
                lost(answer.cause(), repeatable, means);
            } else {
                take(answer.result(), means);
            }
        });
        if (Tunnel.asked(in)) {
            Tunnel.ask(headers);
            requestRead = true;
            await(means);
            request.connect();
        } else if (framed) {
            upload(request, means);
        } else {
            requestRead = true;
            in.resume();
            await(means);
            request.end();
        }
    }

    private void upload(HttpClientRequest request, Means means) {
        request.setChunked(in.headers().contains("transfer-encoding"));
        if (in.headers().contains("expect")) {
            out.writeContinue();
        }
        upload = Upload.start(
                in,
                request,
                call,
                means.limits().bodyBytes(),
                means.idle(),
                means.patience().body(),
                vertx,
                new Upload.Ends() {
                    @Override
                    public void sent() {
                        requestRead = true;
                        if (body == null) {
                            await(means);
                        }
                        request.end();
                    }

                    @Override
                    public void refused(Problem problem) {
                        refuse(problem);
                    }

                    @Override
                    public void upstreamStuck(Throwable cause) {
                        fail(cause);
                    }

                    @Override
                    public void clientGone() {
                        Exchange.this.clientGone();
                    }
                });
    }

    /** Waits for the answer's head, as long as the route says. */
    private void await(Means means) {
        waiting = Silence.within(
                vertx,
                means.patience().upTo(means.limits().timeToFirstByte()),
                () -> fail(new TimeoutException("no answer")));
    }

    private void interim() {
        if (++interim > MAX_INTERIM) {
            fail(new IOException("too many interim answers"));
        }
    }

    /**
     * A pooled connection may be closed by the upstream just as a request goes out on it. One that asks for nothing to be
     * changed and has no body goes out once more, on another connection (RFC 9112 section 9.3.1); any other fails, since
     * the upstream may have acted on it.
     */
    private void lost(Throwable cause, boolean repeatable, Means means) {
        boolean closed = cause instanceof HttpClosedException
                || cause instanceof StreamResetException
                || cause instanceof IOException;
        if (repeatable && closed && !over && interim == 0) {
            LOG.debugf("sent again id=%s cause=%s", call.id(), cause);
            repeated = true;
            upstream = null;
            stopWaiting();
            connect(means);
        } else {
            fail(cause);
        }
    }

    private void take(HttpClientResponse answer, Means means) {
        stopWaiting();
        answer.exceptionHandler(this::fail);
        if (over) {
            resetUpstream();
            return;
        }
        try {
            answer(answer, means);
        } catch (Undecodable | RuntimeException e) {
            fail(e);
        }
    }

    private void answer(HttpClientResponse answer, Means means) throws Undecodable {
        int status = answer.statusCode();
        if (status == 101 && Tunnel.asked(in)) {
            HopByHop.copyResponse(answer.headers(), out.headers(), means.patterns()::clean, false);
            call.answered(status);
            tunnel = Tunnel.open(in, answer.netSocket(), call, vertx, means.idle(), ended());
            return;
        }
        if (status < 200) {
            throw new Undecodable("an interim answer for a final one");
        }
        boolean headOnly = in.method().equals(HttpMethod.HEAD);
        AnswerHead head = AnswerHead.copy(status, headOnly, answer.headers(), out.headers(), means.patterns());
        boolean issuesTokens = !head.bodyless() && TokenAnswers.issues(in.uri());
        out.setStatusCode(status);
        call.answered(status);
        if (!head.bodyless() && !issuesTokens) {
            out.setChunked(!out.headers().contains("content-length"));
            // The first event may be minutes away, and a client waits for the head before it waits for events.
            out.writeHead();
        }
        AnswerBody.Sink sink = issuesTokens
                ? new Collected(this::complete, this::fail)
                : new Streamed(out, call::sent, () -> complete(answer, means.patterns()), this::fail);
        usage = head.bodyless() ? null : TokenUsage.of(answer.getHeader("content-type"));
        Silence silence =
                Silence.within(vertx, means.idle(), () -> fail(new TimeoutException("silent within its answer")));
        body = new AnswerBody(answer, head.inflation(), usage, means.patterns().scrub(), silence, sink);
        body.start();
    }

    /** A token endpoint's answer, whole and clean. */
    private void complete(Buffer clean) {
        if (finish(End.COMPLETED)) {
            call.sent(clean.length());
            out.headers().remove("content-length");
            out.putHeader("content-length", Integer.toString(clean.length()));
            out.write(clean);
            close();
        }
    }

    private void complete(HttpClientResponse answer, Patterns patterns) {
        if (out.isChunked()) {
            HopByHop.copyTrailers(answer.trailers(), out.trailers(), patterns::clean);
        }
        if (finish(End.COMPLETED)) {
            close();
        }
    }

    /** Ends the answer, and with it the connection if it has to. */
    private void close() {
        if (requestRead && !HopByHop.asksToClose(in.headers()) && !Tunnel.asked(in)) {
            out.end();
        } else {
            // If the upstream answered without reading the whole request, what is left of it must not be read as the
            // next
            // request, so the connection ends with the answer.
            resetUnlessRead();
            Answers.endAndClose(in, out);
        }
    }

    private Tunnel.Ends ended() {
        return new Tunnel.Ends() {
            @Override
            public void upstreamEnded() {
                finish(End.COMPLETED);
            }

            @Override
            public void clientEnded() {
                finish(End.CLIENT_GONE);
            }

            @Override
            public void failed(Throwable cause) {
                fail(cause);
            }
        };
    }

    private void refuse(Problem problem) {
        boolean begun = out.headWritten();
        if (!begun && !over) {
            call.answered(problem.code().status(), problem.code().code());
        }
        if (finish(begun ? End.BROKEN : End.REFUSED)) {
            breakOff(problem);
        }
    }

    private void fail(Throwable cause) {
        boolean begun = out.headWritten() || tunnel != null;
        Problem problem = UpstreamFault.of(cause);
        if (!begun && !over) {
            call.answered(problem.code().status(), problem.code().code());
        }
        if (finish(begun ? End.BROKEN : End.FAILED)) {
            LOG.warnf("upstream failed id=%s begun=%s cause=%s", call.id(), begun, cause);
            breakOff(problem);
        }
    }

    private void clientGone() {
        if (finish(End.CLIENT_GONE)) {
            resetUpstream();
            in.connection().close();
        }
    }

    private boolean finish(End end) {
        if (over) {
            return false;
        }
        over = true;
        stopWaiting();
        if (upload != null) {
            upload.stop();
        }
        if (body != null) {
            body.stop();
        }
        if (usage != null) {
            call.usage(usage.input(), usage.output(), usage.cacheCreation(), usage.cacheRead());
        }
        if (end == End.CUT && !out.headWritten()) {
            call.answered(ErrorCode.UNAUTHENTICATED.status(), ErrorCode.UNAUTHENTICATED.code());
        }
        call.end(end);
        released.run();
        return true;
    }

    private void stopWaiting() {
        if (waiting != null) {
            waiting.stop();
            waiting = null;
        }
    }

    /** A problem if the answer has not begun; otherwise the connection closes before the body's end, for all to see. */
    private void breakOff(Problem problem) {
        resetUpstream();
        if (tunnel != null) {
            tunnel.close();
        } else if (out.headWritten()) {
            in.connection().close();
        } else {
            out.headers().clear();
            Answers.problem(in, problem.withId(call.id()));
        }
    }

    private void resetUnlessRead() {
        if (!requestRead || Tunnel.asked(in)) {
            resetUpstream();
        }
    }

    private void resetUpstream() {
        HttpClientRequest request = upstream;
        if (request != null) {
            request.reset();
        }
    }
}
