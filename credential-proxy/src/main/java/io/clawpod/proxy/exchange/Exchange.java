package io.clawpod.proxy.exchange;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.proxy.audit.Call;
import io.clawpod.proxy.audit.End;
import io.clawpod.proxy.credential.ClientCredentials;
import io.clawpod.proxy.credential.Credential;
import io.clawpod.proxy.route.Route;
import io.vertx.core.Context;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One call on its way: request to the upstream, answer to the client. It ends exactly once, in one of five ways: complete,
 * failed before the answer began (the client gets a problem), broken within it (the client's connection is closed before
 * the body's end), client gone, or cut. Confined to the event loop of the client's connection, except {@link #cut()}.
 */
final class Exchange {
    private static final Logger LOG = Logger.getLogger(Exchange.class);

    private final HttpServerRequest in;
    private final HttpServerResponse out;
    private final Context context;
    private final Call call;
    private final Runnable released;
    private @Nullable HttpClientRequest upstream;
    private boolean requestRead;
    private boolean over;

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
        this.call = call;
        this.released = released;
    }

    void start(Upstream upstreams, Route route, Credential credential) {
        out.exceptionHandler(cause -> clientGone());
        out.closeHandler(closed -> clientGone());
        in.exceptionHandler(cause -> clientGone());
        upstreams.request(route, in.method().name(), in.uri()).onComplete(connected -> {
            if (connected.failed()) {
                fail(connected.cause());
            } else if (over) {
                connected.result().exceptionHandler(reset -> {}).reset();
            } else {
                send(connected.result(), route, credential);
            }
        });
    }

    /** Ends the exchange because its caller's pod has ended. From any thread. */
    void cut() {
        context.runOnContext(now -> {
            if (finish(End.CUT)) {
                resetUpstream();
                breakOff(Problem.of(ErrorCode.UNAUTHENTICATED, "The session's pod has ended."));
            }
        });
    }

    private void send(HttpClientRequest request, Route route, Credential credential) {
        upstream = request;
        MultiMap headers = request.headers();
        HopByHop.copyRequest(in.headers(), headers);
        ClientCredentials.strip(headers);
        credential.applyTo(headers);
        headers.set("host", route.authority());
        request.exceptionHandler(cause -> {
            // An upstream may answer early and stop reading; its answer is then what counts.
            if (!out.headWritten()) {
                fail(cause);
            }
        });
        request.response().onComplete(answer -> {
            if (answer.failed()) {
                fail(answer.cause());
            } else {
                answer(answer.result());
            }
        });
        boolean chunked = in.headers().contains("transfer-encoding");
        request.setChunked(chunked);
        if (!chunked && !in.headers().contains("content-length")) {
            requestRead = true;
            in.resume();
            request.end();
            return;
        }
        if (in.headers().contains("expect")) {
            out.writeContinue();
        }
        Relay.start(
                in,
                request,
                call::received,
                end -> {
                    requestRead = true;
                    request.end();
                },
                cause -> clientGone());
    }

    private void answer(HttpClientResponse answer) {
        if (over) {
            resetUpstream();
            return;
        }
        int status = answer.statusCode();
        if (status < 200) {
            fail(new IllegalStateException("switches protocols unasked"));
            return;
        }
        out.setStatusCode(status);
        call.answered(status);
        HopByHop.copyResponse(answer.headers(), out.headers());
        boolean bodyless = in.method().equals(HttpMethod.HEAD) || status == 204 || status == 304;
        if (!bodyless) {
            out.setChunked(!out.headers().contains("content-length"));
            // The first event may be minutes away, and a client waits for the head before it waits for events.
            out.writeHead();
        }
        Relay.start(answer, out, call::sent, end -> complete(), this::fail);
    }

    private void complete() {
        if (!finish(End.COMPLETED)) {
            return;
        }
        if (requestRead && HopByHop.asksToClose(in.headers())) {
            Answers.endAndClose(in, out);
        } else if (requestRead) {
            out.end();
        } else {
            // The upstream answered without reading the whole request. What is left of it must not be read as the next
            // request, so the connection ends with the answer.
            resetUpstream();
            Answers.endAndClose(in, out);
        }
    }

    private void fail(Throwable cause) {
        boolean begun = out.headWritten();
        Problem problem = UpstreamFault.of(cause).withId(call.id());
        if (!begun && !over) {
            call.answered(problem.code().status(), problem.code().code());
        }
        if (finish(begun ? End.BROKEN : End.FAILED)) {
            LOG.warnf("upstream failed id=%s begun=%s cause=%s", call.id(), begun, cause);
            resetUpstream();
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
        if (end == End.CUT && !out.headWritten()) {
            call.answered(ErrorCode.UNAUTHENTICATED.status(), ErrorCode.UNAUTHENTICATED.code());
        }
        call.end(end);
        released.run();
        return true;
    }

    /** A problem if the answer has not begun; otherwise the connection closes before the body's end, for all to see. */
    private void breakOff(Problem problem) {
        if (out.headWritten()) {
            in.connection().close();
        } else {
            out.headers().clear();
            Answers.problem(in, problem.withId(call.id()));
        }
    }

    private void resetUpstream() {
        HttpClientRequest request = upstream;
        if (request != null) {
            request.reset();
        }
    }
}
