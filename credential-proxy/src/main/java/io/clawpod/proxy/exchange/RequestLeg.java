package io.clawpod.proxy.exchange;

import io.clawpod.common.Problem;
import io.clawpod.proxy.audit.Call;
import io.clawpod.proxy.credential.ClientCredentials;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.StreamResetException;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A call's way to the upstream, up to the head of the answer: connects, sends, and where that is safe sends once more.
 * Confined to one event loop.
 */
final class RequestLeg {
    /** Answers before the answer, such as 103, that one call may get; they are not passed on. */
    static final int MAX_INTERIM = 16;

    /** Safe methods (RFC 9110 section 9.2.1): PUT and DELETE may be repeated as well, but then the answer may be another. */
    private static final Set<HttpMethod> REPEATABLE = Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);

    private static final Logger LOG = Logger.getLogger(RequestLeg.class);

    private final HttpServerRequest in;
    private final Vertx vertx;
    private final Call call;
    private final Ends ends;
    private @Nullable HttpClientRequest upstream;
    private @Nullable Upload upload;
    private @Nullable Silence waiting;
    private int interim;
    private boolean repeated;
    private boolean answered;
    private boolean sent;
    private boolean stopped;

    /** What the request comes to. More than one may be called; the first is what counts. */
    interface Ends {
        void answered(HttpClientResponse answer, Means means);

        void failed(Throwable cause);

        void refused(Problem problem);

        void clientGone();
    }

    RequestLeg(HttpServerRequest in, Vertx vertx, Call call, Ends ends) {
        this.in = in;
        this.vertx = vertx;
        this.call = call;
        this.ends = ends;
    }

    void connect(Means means) {
        call.calls(means.route().host(), means.route().port());
        means.upstreams()
                .request(means.route(), in.method().name(), in.uri(), Tunnel.asked(in))
                .onComplete(connected -> {
                    if (connected.failed()) {
                        ends.failed(connected.cause());
                    } else if (stopped) {
                        connected
                                .result()
                                .request()
                                .exceptionHandler(reset -> {})
                                .reset();
                    } else {
                        try {
                            send(connected.result(), means);
                        } catch (RuntimeException e) {
                            ends.failed(e);
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
        String traceparent = call.traceparent();
        if (traceparent != null) {
            headers.set("traceparent", traceparent);
        }
        if (call.trace().made()) {
            headers.remove("tracestate");
        }
        boolean framed =
                in.headers().contains("transfer-encoding") || in.headers().contains("content-length");
        boolean repeatable = ready.reused() && !repeated && !framed && REPEATABLE.contains(in.method());
        request.exceptionHandler(cause -> {
            // An upstream may answer early and stop reading; its answer is then what counts.
            if (upstream == request && !answered) {
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
            Tunnel.offer(headers, means.patterns());
            sent = true;
            await(means);
            request.connect();
        } else if (framed) {
            upload(request, means);
        } else {
            sent = true;
            in.resume();
            await(means);
            request.end();
        }
    }

    private void upload(HttpClientRequest request, Means means) {
        request.setChunked(in.headers().contains("transfer-encoding"));
        if (in.headers().contains("expect")) {
            in.response().writeContinue();
        }
        Upload begun = new Upload(
                in,
                request,
                call,
                means.route().limits().bodyBytes(),
                means.idle(),
                means.patience().body(),
                vertx,
                new Upload.Ends() {
                    @Override
                    public void sent() {
                        sent = true;
                        if (!answered) {
                            await(means);
                        }
                        request.end();
                    }

                    @Override
                    public void refused(Problem problem) {
                        ends.refused(problem);
                    }

                    @Override
                    public void upstreamStuck(Throwable cause) {
                        ends.failed(cause);
                    }

                    @Override
                    public void clientGone() {
                        ends.clientGone();
                    }
                });
        upload = begun;
        begun.start();
    }

    /** Waits for the answer's head, as long as the route says. */
    private void await(Means means) {
        waiting = Silence.within(vertx, means.firstByte(), () -> ends.failed(new TimeoutException("no answer")));
    }

    private void interim() {
        if (++interim > MAX_INTERIM) {
            ends.failed(new IOException("too many interim answers"));
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
        if (repeatable && closed && !stopped && interim == 0) {
            LOG.debugf("sent again id=%s cause=%s", call.id(), cause);
            repeated = true;
            upstream = null;
            stopWaiting();
            connect(means);
        } else {
            ends.failed(cause);
        }
    }

    private void take(HttpClientResponse answer, Means means) {
        answered = true;
        stopWaiting();
        answer.exceptionHandler(ends::failed);
        if (stopped) {
            reset();
        } else {
            ends.answered(answer, means);
        }
    }

    /** Whether the client's request has been read to its end. */
    boolean sent() {
        return sent;
    }

    /** Stops the timers; what still comes of the body is not carried. */
    void stop() {
        stopped = true;
        stopWaiting();
        if (upload != null) {
            upload.stop();
        }
    }

    private void stopWaiting() {
        if (waiting != null) {
            waiting.stop();
            waiting = null;
        }
    }

    /** Tells the upstream that nobody waits for it any more. */
    void reset() {
        HttpClientRequest request = upstream;
        if (request != null) {
            request.reset();
        }
    }
}
