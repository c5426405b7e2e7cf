package io.clawpod.proxy.tracing;

import io.clawpod.proxy.audit.CallSpan;
import io.clawpod.proxy.audit.Spans;
import io.clawpod.proxy.audit.Trace;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;

/** Spans for the calls that the sampler takes. No span is ever made the current one of a thread. Thread-safe. */
final class SampledSpans implements Spans {
    private final Tracer tracer;
    private final Backlog backlog;

    SampledSpans(Tracer tracer, Backlog backlog) {
        this.tracer = tracer;
        this.backlog = backlog;
    }

    @Override
    public CallSpan begin(String method, Trace asked) {
        String known = Conventions.method(method);
        SpanBuilder builder = tracer.spanBuilder(Conventions.name(known, null)).setSpanKind(SpanKind.SERVER);
        if (asked.made()) {
            builder.setNoParent();
        } else {
            builder.setParent(Context.root().with(Span.wrap(remote(asked))));
        }
        Span server = builder.startSpan();
        // Of a call that is not taken the upstream hears what the caller said, so that nothing names a span that is
        // nowhere.
        return server.isRecording() ? new SampledSpan(tracer, backlog, server, known) : CallSpan.NONE;
    }

    /** The caller's span. Its tracestate is not looked at: it goes to the upstream, and nowhere else. */
    private static SpanContext remote(Trace asked) {
        return SpanContext.createFromRemoteParent(
                asked.id(), asked.spanId(), TraceFlags.fromHex(asked.flags(), 0), TraceState.getDefault());
    }
}
