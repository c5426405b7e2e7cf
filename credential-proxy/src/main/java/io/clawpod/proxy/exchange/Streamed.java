package io.clawpod.proxy.exchange;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/** Gives a body to the client as it comes. */
final class Streamed implements AnswerBody.Sink {
    private final HttpServerResponse out;
    private final LongConsumer sent;
    private final Runnable ended;
    private final Consumer<Throwable> failed;

    Streamed(HttpServerResponse out, LongConsumer sent, Runnable ended, Consumer<Throwable> failed) {
        this.out = out;
        this.sent = sent;
        this.ended = ended;
        this.failed = failed;
    }

    @Override
    public void write(Buffer piece) {
        sent.accept(piece.length());
        out.write(piece);
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
