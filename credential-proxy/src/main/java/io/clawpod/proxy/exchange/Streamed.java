package io.clawpod.proxy.exchange;

import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Gives a body to the client as it comes. The head goes out by the end of the event loop's turn, body or no body: an event may be
 * minutes away, and a client waits for the head before it waits for events. Within that turn, an answer that is there whole is
 * written as one.
 */
final class Streamed implements AnswerBody.Sink {
    private final HttpServerResponse out;
    private final LongConsumer sent;
    private final Runnable ended;
    private final Consumer<Throwable> failed;
    private boolean begun;
    private @Nullable Buffer held;

    Streamed(HttpServerResponse out, LongConsumer sent, Runnable ended, Consumer<Throwable> failed) {
        this.out = out;
        this.sent = sent;
        this.ended = ended;
        this.failed = failed;
    }

    /** Begins an answer whose head is complete. */
    void begin(Context context) {
        context.runOnContext(turned -> flush());
    }

    @Override
    public void write(Buffer piece) {
        sent.accept(piece.length());
        if (!begun && held == null) {
            held = piece;
        } else {
            flush();
            out.write(piece);
        }
    }

    /** Writes what is held back. */
    void flush() {
        if (begun || out.closed()) {
            return;
        }
        begun = true;
        if (held == null) {
            out.writeHead();
        } else {
            out.write(held);
            held = null;
        }
    }

    /** Ends the answer. */
    void finish() {
        begun = true;
        if (held == null) {
            out.end();
        } else {
            out.end(held);
        }
    }

    @Override
    public boolean full() {
        return out.writeQueueFull();
    }

    @Override
    public void whenDrained(Runnable goOn) {
        out.drainHandler(drained -> goOn.run());
    }

    @Override
    public void end() {
        ended.run();
    }

    @Override
    public void failed(Throwable cause) {
        failed.accept(cause);
    }
}
