package io.clawpod.proxy.exchange;

import io.clawpod.proxy.audit.Call;
import io.clawpod.proxy.scrub.Patterns;
import io.clawpod.proxy.scrub.Undecodable;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A call's way back, from the head of the upstream's answer on: an answer that is streamed, one that is collected to take
 * tokens out of it, or a tunnel. Confined to one event loop.
 */
final class AnswerLeg {
    private final HttpServerRequest in;
    private final HttpServerResponse out;
    private final Vertx vertx;
    private final Call call;
    private final Ends ends;
    private @Nullable AnswerBody body;
    private @Nullable Streamed streamed;
    private @Nullable TokenUsage usage;
    private @Nullable Tunnel tunnel;

    /** What the answer comes to. More than one may be called; the first is what counts. */
    interface Ends extends Tunnel.Ends {
        /** All of it is written, but for its end. */
        void completed();
    }

    AnswerLeg(HttpServerRequest in, Vertx vertx, Call call, Ends ends) {
        this.in = in;
        this.out = in.response();
        this.vertx = vertx;
        this.call = call;
        this.ends = ends;
    }

    void begin(HttpClientResponse answer, Means means) {
        try {
            if (answer.statusCode() == 101 && Tunnel.asked(in)) {
                tunnel(answer, means);
            } else {
                relay(answer, means);
            }
        } catch (Undecodable | RuntimeException e) {
            ends.failed(e);
        }
    }

    private void tunnel(HttpClientResponse answer, Means means) throws Undecodable {
        Tunnel.check(answer);
        HopByHop.copyResponse(answer.headers(), out.headers(), means.patterns()::clean, false);
        call.answered(answer.statusCode());
        tunnel = Tunnel.open(in, answer.netSocket(), call, vertx, means.idle(), means.patterns(), ends);
    }

    private void relay(HttpClientResponse answer, Means means) throws Undecodable {
        int status = answer.statusCode();
        if (status < 200) {
            throw new Undecodable("an interim answer for a final one");
        }
        boolean headOnly = in.method().equals(HttpMethod.HEAD);
        AnswerHead head = AnswerHead.copy(status, headOnly, answer.headers(), out.headers(), means.patterns());
        boolean issuesTokens = !head.bodyless() && means.route().issuesTokens(in.uri());
        out.setStatusCode(status);
        call.answered(status);
        AnswerBody.Sink sink = issuesTokens
                ? new Collected(this::collected, ends::failed)
                : stream(answer, head.bodyless(), means.patterns());
        usage = head.bodyless() ? null : TokenUsage.of(answer.getHeader("content-type"));
        Silence silence = Silence.within(
                vertx, means.idle(), () -> ends.failed(new TimeoutException("silent within its answer")));
        body = new AnswerBody(answer, head.inflation(), usage, means.patterns().scrub(), silence, sink);
        body.start();
    }

    private Streamed stream(HttpClientResponse answer, boolean bodyless, Patterns patterns) {
        Streamed stream = new Streamed(out, call::sent, () -> whole(answer, patterns), ends::failed);
        if (!bodyless) {
            out.setChunked(!out.headers().contains("content-length"));
            streamed = stream;
            stream.begin(vertx.getOrCreateContext());
        }
        return stream;
    }

    /** A token endpoint's answer, whole and clean. */
    private void collected(Buffer clean) {
        call.sent(clean.length());
        out.headers().remove("content-length");
        out.putHeader("content-length", Integer.toString(clean.length()));
        out.write(clean);
        ends.completed();
    }

    private void whole(HttpClientResponse answer, Patterns patterns) {
        if (out.isChunked()) {
            HopByHop.copyTrailers(answer.trailers(), out.trailers(), patterns::clean);
        }
        ends.completed();
    }

    /** Whether the client has something of the answer, so that no other can be given. */
    boolean begun() {
        return out.headWritten() || streamed != null || tunnel != null;
    }

    /** Writes the answer's end. */
    void end() {
        if (streamed == null) {
            out.end();
        } else {
            streamed.finish();
        }
    }

    /** Carries no more, and counts the tokens that were used so far. */
    void stop() {
        if (body != null) {
            body.stop();
        }
        if (usage != null) {
            call.usage(usage.input(), usage.output(), usage.cacheCreation(), usage.cacheRead());
        }
    }

    /** Breaks off what has begun: the connection closes before the body's end, for all to see. */
    void breakOff() {
        if (tunnel != null) {
            tunnel.close();
        } else {
            if (streamed != null) {
                streamed.flush();
            }
            in.connection().close();
        }
    }
}
