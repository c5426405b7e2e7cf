package io.clawpod.spawner.docker.engine;

import io.clawpod.spawner.session.RemoteProcess.Output;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.subscription.MultiSubscriber;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Flow;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Holds back an agent's log for a moment, so that a line of standard error is seen there first, and then tells it by streams.
 * Keeps the order, and no more than a bounded part of the log: beyond that the log waits for its reader. All state belongs to
 * one event loop. Used once.
 */
final class Settling implements MultiSubscriber<byte[]>, Flow.Subscription {
    /** How much later than standard error the log may be handed on, in milliseconds. */
    private static final long MILLIS = 50;
    /** How much of the log may be settling, in bytes, besides one piece. */
    private static final int MAX_HELD = 1 << 18;

    private static final long NANOS_PER_MILLI = 1_000_000;

    private record Held(Buffer bytes, long ripe) {}

    private final ErrorLines lines;
    private final BooleanSupplier attached;
    private final Context loop;
    private final Flow.Subscriber<? super Output> reader;
    private final Deque<Held> held = new ArrayDeque<>();
    private final Deque<Output> ready = new ArrayDeque<>();
    private Flow.@Nullable Subscription log;
    private int heldBytes;
    private long wanted;
    private boolean timing;
    private boolean starved;
    private boolean complete;
    private boolean told;
    private boolean over;

    private Settling(ErrorLines lines, BooleanSupplier attached, Context loop, Flow.Subscriber<? super Output> reader) {
        this.lines = lines;
        this.attached = attached;
        this.loop = loop;
        this.reader = reader;
    }

    /**
     * @param attached whether standard error is seen by now; until then nothing is held back
     * @param loop of the event loop that {@code lines} belongs to; what is read comes there
     */
    static Multi<Output> of(Multi<byte[]> log, ErrorLines lines, BooleanSupplier attached, Context loop) {
        return Multi.createFrom()
                .publisher(reader -> log.subscribe().withSubscriber(new Settling(lines, attached, loop, reader)));
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        log = subscription;
        reader.onSubscribe(this);
        subscription.request(1);
    }

    @Override
    public void onItem(byte[] bytes) {
        loop.runOnContext(go -> {
            long wait = attached.getAsBoolean() ? MILLIS * NANOS_PER_MILLI : 0;
            held.addLast(new Held(Buffer.buffer(bytes), System.nanoTime() + wait));
            heldBytes += bytes.length;
            starved = heldBytes > MAX_HELD;
            if (!starved) {
                more();
            }
            settle();
        });
    }

    private void more() {
        Flow.Subscription subscription = log;
        if (subscription != null && !over) {
            subscription.request(1);
        }
    }

    @Override
    public void onFailure(Throwable failure) {
        loop.runOnContext(go -> {
            if (!over) {
                over = true;
                reader.onError(failure);
            }
        });
    }

    @Override
    public void onCompletion() {
        loop.runOnContext(go -> {
            complete = true;
            settle();
        });
    }

    @Override
    public void request(long count) {
        loop.runOnContext(go -> {
            wanted = wanted + count < 0 ? Long.MAX_VALUE : wanted + count;
            settle();
        });
    }

    @Override
    public void cancel() {
        loop.runOnContext(go -> {
            over = true;
            Flow.Subscription subscription = log;
            if (subscription != null) {
                subscription.cancel();
            }
        });
    }

    private void settle() {
        while (!over) {
            if (ready.isEmpty()) {
                ripen();
            }
            if (ready.isEmpty() || wanted == 0) {
                break;
            }
            wanted--;
            reader.onNext(ready.removeFirst());
        }
        if (!over && told && ready.isEmpty()) {
            over = true;
            reader.onComplete();
        }
    }

    private void ripen() {
        long now = System.nanoTime();
        Buffer ripe = Buffer.buffer();
        while (!held.isEmpty() && held.getFirst().ripe() - now <= 0) {
            Buffer bytes = held.removeFirst().bytes();
            heldBytes -= bytes.length();
            ripe.appendBuffer(bytes);
        }
        ready.addAll(lines.log(ripe.getBytes()));
        if (starved && heldBytes <= MAX_HELD) {
            starved = false;
            more();
        }
        if (!held.isEmpty() && !timing) {
            timing = true;
            long left = (held.getFirst().ripe() - now) / NANOS_PER_MILLI + 1;
            loop.owner()
                    .setTimer(
                            left,
                            timer -> loop.runOnContext(go -> {
                                timing = false;
                                settle();
                            }));
        } else if (held.isEmpty() && complete && !told) {
            told = true;
            ready.addAll(lines.end());
        }
    }
}
