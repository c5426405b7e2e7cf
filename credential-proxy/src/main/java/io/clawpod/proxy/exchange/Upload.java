package io.clawpod.proxy.exchange;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.proxy.audit.Call;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

/**
 * Carries a request's body to the upstream, within its limits: how long it may be, how slowly the client may send it and
 * how long the upstream may leave it lying. Confined to one event loop.
 */
final class Upload {
    /** What a client must send at least in each {@link Patience#body()} in which it is not held back, in bytes. */
    static final long LEAST = 16 * 1024;

    private final HttpServerRequest in;
    private final HttpClientRequest to;
    private final Call call;
    private final long limit;
    private final Ends ends;
    private final Vertx vertx;
    private final Silence taking;
    private final long pace;
    private long total;
    private long sinceTick;
    private boolean heldBack;
    private boolean stopped;

    /** What an upload can come to; exactly one of them is called, unless it is stopped before. */
    interface Ends {
        void sent();

        void refused(Problem problem);

        void upstreamStuck(Throwable cause);

        void clientGone();
    }

    /** Makes an upload that has not begun; its timers run. */
    Upload(
            HttpServerRequest in,
            HttpClientRequest to,
            Call call,
            long limit,
            Duration idle,
            Duration pace,
            Vertx vertx,
            Ends ends) {
        this.in = in;
        this.to = to;
        this.call = call;
        this.limit = limit;
        this.vertx = vertx;
        this.ends = ends;
        this.taking = Silence.within(
                vertx, idle, () -> end(() -> ends.upstreamStuck(new TimeoutException("takes no more of the body"))));
        this.taking.excuse(true);
        this.pace = vertx.setPeriodic(pace.toMillis(), tick -> tick(pace));
    }

    /** Begins to carry. To be called once. */
    void start() {
        in.exceptionHandler(cause -> end(ends::clientGone));
        in.endHandler(end -> end(ends::sent));
        in.handler(chunk -> {
            if (!stopped) {
                carry(chunk);
            }
        });
        in.resume();
    }

    private void carry(Buffer chunk) {
        call.received(chunk.length());
        total += chunk.length();
        sinceTick += chunk.length();
        if (limit > 0 && total > limit) {
            end(() -> ends.refused(tooLarge(limit)));
            return;
        }
        to.write(chunk);
        if (to.writeQueueFull()) {
            in.pause();
            heldBack = true;
            taking.excuse(false);
            to.drainHandler(drained -> {
                taking.excuse(true);
                in.resume();
            });
        }
    }

    private void tick(Duration pace) {
        if (!heldBack && sinceTick < LEAST) {
            end(() -> ends.refused(Problem.of(
                    ErrorCode.REQUEST_TIMEOUT,
                    "Less than " + LEAST + " bytes of the body came in " + pace.toSeconds() + " s.",
                    "Send the body as fast as the network allows.")));
        }
        sinceTick = 0;
        // Held back at any moment of a period, a client is not judged for the whole of it.
        heldBack = false;
    }

    private void end(Runnable how) {
        if (!stopped) {
            stop();
            how.run();
        }
    }

    /** Stops the timers; what still comes of the body is not carried. */
    void stop() {
        stopped = true;
        taking.stop();
        vertx.cancelTimer(pace);
    }

    static Problem tooLarge(long limit) {
        return Problem.of(
                ErrorCode.BODY_TOO_LARGE,
                "This route takes bodies of at most " + limit + " bytes.",
                "Send less, or ask the operator to raise the route's limit.");
    }
}
