package io.clawpod.proxy.audit;

/** Begins the spans of calls. Thread-safe. */
@FunctionalInterface
public interface Spans {
    /** For a proxy that reports none. */
    Spans NONE = (method, asked) -> CallSpan.NONE;

    /**
     * Begins the span of a call.
     *
     * @param method as the client sent it, whatever that is
     * @param asked the trace that the client named, or a new one
     * @return {@link CallSpan#NONE} if this call is not to be reported
     */
    CallSpan begin(String method, Trace asked);
}
