package io.clawpod.spawner.cluster;

import io.smallrye.mutiny.helpers.Subscriptions;
import io.smallrye.mutiny.operators.AbstractMulti;
import io.smallrye.mutiny.subscription.MultiSubscriber;
import java.util.Queue;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Pieces of output on their way from the client's thread to one reader. Mutiny's UnicastProcessor looks whether its writer is done after
 * it has found its queue empty, and so loses what was put in between, when the reader asks from another thread.
 */
final class OutputQueue<T> extends AbstractMulti<T> implements Flow.Subscription {
    private final Queue<T> queue;
    private final AtomicBoolean taken = new AtomicBoolean();
    private final AtomicLong requested = new AtomicLong();
    private final AtomicInteger turns = new AtomicInteger();
    private volatile @Nullable MultiSubscriber<? super T> reader;
    private volatile @Nullable Throwable failure;
    private volatile boolean done;
    private volatile boolean cancelled;

    /** @param queue bears one thread that puts and one that takes */
    OutputQueue(Queue<T> queue) {
        this.queue = queue;
    }

    void put(T piece) {
        queue.add(piece);
        drain();
    }

    /** No more is put; what is there is still read. To be called once. */
    void end(@Nullable Throwable why) {
        failure = why;
        done = true;
        drain();
    }

    @Override
    public void subscribe(MultiSubscriber<? super T> subscriber) {
        if (!taken.compareAndSet(false, true)) {
            Subscriptions.fail(subscriber, new IllegalStateException("the output has a reader already"));
            return;
        }
        subscriber.onSubscribe(this);
        // Nothing is told before the subscription is.
        reader = subscriber;
        drain();
    }

    @Override
    public void request(long count) {
        if (count <= 0) {
            end(Subscriptions.getInvalidRequestException());
            return;
        }
        Subscriptions.add(requested, count);
        drain();
    }

    @Override
    public void cancel() {
        cancelled = true;
        drain();
    }

    /** One thread at a time takes from the queue, whoever comes first; the others leave it another turn. */
    private void drain() {
        MultiSubscriber<? super T> subscriber = reader;
        if (subscriber == null || turns.getAndIncrement() != 0) {
            return;
        }
        int left = 1;
        while (left != 0) {
            if (deliver(subscriber)) {
                // The turn is kept: nothing comes after the end.
                return;
            }
            left = turns.addAndGet(-left);
        }
    }

    /** Whether the reader has been told the end. */
    private boolean deliver(MultiSubscriber<? super T> subscriber) {
        long room = requested.get();
        long given = 0;
        while (!cancelled) {
            // In this order: what was put before the end is seen by whoever sees the end.
            boolean last = done;
            boolean empty = queue.isEmpty();
            if (last && empty) {
                tellEnd(subscriber);
                return true;
            }
            if (empty || given == room) {
                break;
            }
            subscriber.onItem(queue.remove());
            given++;
        }
        if (cancelled) {
            queue.clear();
            return true;
        }
        if (room != Long.MAX_VALUE) {
            requested.addAndGet(-given);
        }
        return false;
    }

    private void tellEnd(MultiSubscriber<? super T> subscriber) {
        Throwable why = failure;
        if (why == null) {
            subscriber.onCompletion();
        } else {
            subscriber.onFailure(why);
        }
    }
}
