package io.clawpod.proxy.audit;

import org.jspecify.annotations.Nullable;

/** What a trace is told of one call while it goes on. Confined to the call's event loop. */
public interface CallSpan {
    /** Of a call that is not reported. It keeps nothing and costs nothing. */
    CallSpan NONE = new CallSpan() {
        @Override
        public Trace trace(Trace asked) {
            return asked;
        }

        @Override
        public void calls(String host, int port) {}

        @Override
        public @Nullable String traceparent() {
            return null;
        }

        @Override
        public void answered(int status) {}

        @Override
        public void ended(Outcome outcome) {}
    };

    /** The trace that the span is in: the client's own, or if that was made up then the one that was begun instead. */
    Trace trace(Trace asked);

    /** The upstream at this name and port is called, once more if it was called before. */
    void calls(String host, int port);

    /** What tells the upstream of the span that calls it; null if nothing does. */
    @Nullable
    String traceparent();

    /** The head of the upstream's answer is there. */
    void answered(int status);

    /** The call has ended. Nothing comes after that. */
    void ended(Outcome outcome);
}
