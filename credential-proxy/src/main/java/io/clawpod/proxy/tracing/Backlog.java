package io.clawpod.proxy.tracing;

import io.micrometer.core.instrument.Counter;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * Counts the spans that wait for the collector. The SDK's own queue drops in silence when it is full, and gives up in silence
 * on a collector that never answers; so no more is put into it than it holds, and the log says once a minute what is wrong.
 * Thread-safe, and never blocks.
 */
final class Backlog {
    /** A little less than quarkus.otel.bsp.max.queue.size, since a span is counted just before it is in the queue. */
    static final int MAX = 2_000;

    /** As many as go out at once (quarkus.otel.bsp.max.export.batch.size): to flush fewer would make more requests. */
    static final int FLUSHED = 512;

    /** As quarkus.otel.bsp.export.timeout: what takes longer was given up. */
    static final Duration GIVEN_UP = Duration.ofSeconds(10);

    private static final Duration SAID_AGAIN = Duration.ofMinutes(1);
    private static final Logger LOG = Logger.getLogger(Backlog.class);

    private final Consumer<Runnable> flush;
    private final LongSupplier nanos;
    private final Counter reported;
    private final Counter lost;
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicBoolean flushing = new AtomicBoolean();
    private final AtomicLong said;

    /**
     * @param flush has the SDK send all that it has, and runs what it is given when it has tried
     * @param nanos a clock as {@link System#nanoTime()}
     */
    Backlog(Consumer<Runnable> flush, LongSupplier nanos, Counter reported, Counter lost) {
        this.flush = flush;
        this.nanos = nanos;
        this.reported = reported;
        this.lost = lost;
        this.said = new AtomicLong(nanos.getAsLong() - SAID_AGAIN.toNanos());
    }

    /** Whether there is room for one more span, which then counts as waiting; else it is lost, and counted. */
    boolean take() {
        int now = waiting.incrementAndGet();
        if (now > MAX) {
            waiting.decrementAndGet();
            lost.increment();
            say("spans are lost, the collector does not take them fast enough");
            return false;
        }
        reported.increment();
        if (now >= FLUSHED && flushing.compareAndSet(false, true)) {
            flush();
        }
        return true;
    }

    private void flush() {
        int covered = waiting.get();
        long began = nanos.getAsLong();
        flush.accept(() -> {
            waiting.addAndGet(-covered);
            flushing.set(false);
            if (nanos.getAsLong() - began >= GIVEN_UP.toNanos()) {
                say("spans are lost, the collector does not answer");
            }
        });
    }

    private void say(String what) {
        long now = nanos.getAsLong();
        long last = said.get();
        if (now - last >= SAID_AGAIN.toNanos() && said.compareAndSet(last, now)) {
            LOG.warnf("%s unqueued=%.0f", what, lost.count());
        }
    }
}
