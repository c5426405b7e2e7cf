package io.clawpod.proxy.exchange;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import io.vertx.core.streams.WriteStream;
import java.util.function.LongConsumer;

/**
 * Carries a body from one stream to another chunk by chunk: what is in flight is one write queue, since a full queue pauses
 * the source. Vert.x' own pipe does the same but counts nothing.
 */
final class Relay {
    private Relay() {}

    /** Begins to carry; exactly one of {@code ended} and {@code failed} is called by the source, at its end. */
    static void start(
            ReadStream<Buffer> from,
            WriteStream<Buffer> to,
            LongConsumer counted,
            Handler<Void> ended,
            Handler<Throwable> failed) {
        from.exceptionHandler(failed);
        from.endHandler(ended);
        from.handler(chunk -> {
            counted.accept(chunk.length());
            to.write(chunk);
            if (to.writeQueueFull()) {
                from.pause();
                to.drainHandler(drained -> from.resume());
            }
        });
        from.resume();
    }
}
