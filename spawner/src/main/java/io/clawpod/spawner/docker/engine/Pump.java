package io.clawpod.spawner.docker.engine;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.subscription.MultiSubscriber;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.WriteStream;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Writes a stream to a client, no faster than it reads. Ends once: at the stream's end, its failure, or when stopped. */
final class Pump implements MultiSubscriber<Buffer> {
    private final Context loop;
    private final WriteStream<Buffer> sink;
    private final Consumer<@Nullable Throwable> done;
    private final AtomicBoolean ended = new AtomicBoolean();
    private Flow.@Nullable Subscription source;

    private Pump(Context loop, WriteStream<Buffer> sink, Consumer<@Nullable Throwable> done) {
        this.loop = loop;
        this.sink = sink;
        this.done = done;
    }

    /** @param done runs on the loop when the stream has ended, with its failure if it failed; not when it was stopped */
    static Pump start(
            Multi<Buffer> source, Context loop, WriteStream<Buffer> sink, Consumer<@Nullable Throwable> done) {
        Pump pump = new Pump(loop, sink, done);
        loop.runOnContext(go -> source.subscribe().withSubscriber(pump));
        return pump;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        source = subscription;
        if (ended.get()) {
            subscription.cancel();
        } else {
            subscription.request(1);
        }
    }

    @Override
    public void onItem(Buffer piece) {
        loop.runOnContext(go -> {
            if (ended.get()) {
                return;
            }
            sink.write(piece);
            if (sink.writeQueueFull()) {
                sink.drainHandler(drained -> more());
            } else {
                more();
            }
        });
    }

    private void more() {
        Flow.Subscription subscription = source;
        if (subscription != null && !ended.get()) {
            subscription.request(1);
        }
    }

    @Override
    public void onFailure(Throwable failure) {
        finish(failure);
    }

    @Override
    public void onCompletion() {
        finish(null);
    }

    private void finish(@Nullable Throwable failure) {
        loop.runOnContext(go -> {
            if (ended.compareAndSet(false, true)) {
                done.accept(failure);
            }
        });
    }

    /** Lets go of the stream. Idempotent. */
    void stop() {
        if (ended.compareAndSet(false, true)) {
            loop.runOnContext(go -> {
                Flow.Subscription subscription = source;
                if (subscription != null) {
                    subscription.cancel();
                }
            });
        }
    }
}
