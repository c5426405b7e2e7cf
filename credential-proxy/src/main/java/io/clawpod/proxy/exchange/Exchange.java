package io.clawpod.proxy.exchange;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.proxy.audit.Call;
import io.clawpod.proxy.audit.End;
import io.vertx.core.Context;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import org.jboss.logging.Logger;

/**
 * One call on its way: request to the upstream, answer to the client. It ends exactly once: complete, refused (a limit was
 * broken), failed before the answer began (the client gets a problem), broken within it (the client's connection is closed
 * before the body's end), client gone, or cut. Its two legs carry; here is decided which of the ends they report counts.
 * Confined to the event loop of the client's connection, except {@link #cut()}.
 */
final class Exchange {
    private static final Logger LOG = Logger.getLogger(Exchange.class);

    private final HttpServerRequest in;
    private final HttpServerResponse out;
    private final Context context;
    private final Call call;
    private final Runnable released;
    private final RequestLeg request;
    private final AnswerLeg answer;
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
        Ends ends = new Ends();
        this.request = new RequestLeg(in, context.owner(), call, ends);
        this.answer = new AnswerLeg(in, context.owner(), call, ends);
    }

    /** Takes it on its way; what cannot even be sent ends it as what could not be delivered does. */
    void begin(Means means) {
        try {
            start(means);
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    private void start(Means means) {
        out.exceptionHandler(cause -> clientGone());
        out.closeHandler(closed -> clientGone());
        in.exceptionHandler(cause -> clientGone());
        String declared = in.getHeader("content-length");
        long limit = means.route().limits().bodyBytes();
        if (limit > 0 && declared != null && Long.parseLong(declared) > limit) {
            refuse(Upload.tooLarge(limit));
            return;
        }
        request.connect(means);
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

    /** What the legs report. */
    private final class Ends implements RequestLeg.Ends, AnswerLeg.Ends {
        @Override
        public void answered(HttpClientResponse head, Means means) {
            if (head.statusCode() == ErrorCode.UNAUTHENTICATED.status()) {
                means.rejected().run();
            }
            answer.begin(head, means);
        }

        @Override
        public void completed() {
            if (finish(End.COMPLETED)) {
                close();
            }
        }

        @Override
        public void upstreamEnded() {
            finish(End.COMPLETED);
        }

        @Override
        public void clientEnded() {
            finish(End.CLIENT_GONE);
        }

        @Override
        public void refused(Problem problem) {
            refuse(problem);
        }

        @Override
        public void failed(Throwable cause) {
            fail(cause);
        }

        @Override
        public void clientGone() {
            Exchange.this.clientGone();
        }
    }

    private void refuse(Problem problem) {
        boolean begun = answer.begun();
        if (!begun && !over) {
            call.answered(problem.code().status(), problem.code().code());
        }
        if (finish(begun ? End.BROKEN : End.REFUSED)) {
            breakOff(problem);
        }
    }

    private void fail(Throwable cause) {
        boolean begun = answer.begun();
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
            request.reset();
            in.connection().close();
        }
    }

    /** Whether this end is the one that counts. */
    private boolean finish(End end) {
        if (over) {
            return false;
        }
        over = true;
        request.stop();
        answer.stop();
        if (end == End.CUT && !answer.begun()) {
            call.answered(ErrorCode.UNAUTHENTICATED.status(), ErrorCode.UNAUTHENTICATED.code());
        }
        call.end(end);
        released.run();
        return true;
    }

    /** Ends the answer, and with it the connection if it has to. */
    private void close() {
        boolean last = HopByHop.asksToClose(in.headers()) || HopByHop.asksToClose(out.headers());
        if (request.sent() && !last && !Tunnel.asked(in)) {
            answer.end();
            return;
        }
        // If the upstream answered without reading the whole request, what is left of it must not be read as the next
        // request, so the connection ends with the answer. It also does when either side wants it.
        if (!request.sent() || Tunnel.asked(in)) {
            request.reset();
        }
        answer.end();
        Answers.closeAfterRequest(in);
    }

    /** A problem if the answer has not begun; otherwise the answer breaks off. */
    private void breakOff(Problem problem) {
        request.reset();
        if (answer.begun()) {
            answer.breakOff();
        } else {
            out.headers().clear();
            Answers.problem(in, problem.withId(call.id()));
        }
    }
}
