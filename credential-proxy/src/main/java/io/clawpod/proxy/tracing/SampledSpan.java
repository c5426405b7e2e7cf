package io.clawpod.proxy.tracing;

import io.clawpod.proxy.audit.CallSpan;
import io.clawpod.proxy.audit.Outcome;
import io.clawpod.proxy.audit.Trace;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.semconv.ErrorAttributes;
import io.opentelemetry.semconv.HttpAttributes;
import io.opentelemetry.semconv.ServerAttributes;
import org.jspecify.annotations.Nullable;

/** A call's span, and that of its way to the upstream below it. Confined to the call's event loop. */
final class SampledSpan implements CallSpan {
    private static final String SENT_AGAIN = "sent-again";

    private final Tracer tracer;
    private final Backlog backlog;
    private final Span server;
    private final String method;
    private @Nullable Span client;
    private int sent;
    private int upstreamStatus;

    /** @param method a known one, or {@code _OTHER} */
    SampledSpan(Tracer tracer, Backlog backlog, Span server, String method) {
        this.tracer = tracer;
        this.backlog = backlog;
        this.server = server;
        this.method = method;
    }

    @Override
    public Trace trace(Trace asked) {
        return asked.made() ? new Trace(server.getSpanContext().getTraceId(), header(server), true) : asked;
    }

    @Override
    public void calls(String host, int port) {
        if (client != null) {
            fail(client, SENT_AGAIN, "");
            end(client);
        }
        SpanBuilder builder = tracer.spanBuilder(Conventions.name(method, null))
                .setSpanKind(SpanKind.CLIENT)
                .setParent(Context.root().with(server))
                .setAttribute(HttpAttributes.HTTP_REQUEST_METHOD, method)
                .setAttribute(ServerAttributes.SERVER_ADDRESS, host)
                .setAttribute(ServerAttributes.SERVER_PORT, (long) port);
        if (sent > 0) {
            builder.setAttribute(HttpAttributes.HTTP_REQUEST_RESEND_COUNT, (long) sent);
        }
        sent++;
        client = builder.startSpan();
    }

    @Override
    public @Nullable String traceparent() {
        return client == null ? null : header(client);
    }

    @Override
    public void answered(int status) {
        upstreamStatus = status;
        server.addEvent(Conventions.FIRST_BYTE);
    }

    @Override
    public void ended(Outcome outcome) {
        String description = Conventions.description(outcome.end());
        if (client != null) {
            if (upstreamStatus > 0) {
                client.setAttribute(HttpAttributes.HTTP_RESPONSE_STATUS_CODE, (long) upstreamStatus);
            }
            Conventions.usage(client, outcome.usage());
            String fault = Conventions.clientFault(outcome, upstreamStatus);
            if (fault != null) {
                fail(client, fault, description);
            }
            end(client);
        }
        server.updateName(Conventions.name(method, outcome.prefix()));
        Conventions.call(server, outcome, method);
        String fault = Conventions.serverFault(outcome);
        if (fault != null) {
            fail(server, fault, description);
        }
        end(server);
    }

    /** A span that is never ended is never reported. */
    private void end(Span span) {
        if (backlog.take()) {
            span.end();
        }
    }

    private static void fail(Span span, String type, String description) {
        span.setAttribute(ErrorAttributes.ERROR_TYPE, type);
        span.setStatus(StatusCode.ERROR, description);
    }

    /** @see <a href="https://www.w3.org/TR/trace-context/#traceparent-header">W3C Trace Context, section 3.2</a> */
    private static String header(Span span) {
        SpanContext context = span.getSpanContext();
        return "00-" + context.getTraceId() + "-" + context.getSpanId() + "-"
                + context.getTraceFlags().asHex();
    }
}
