package io.clawpod.proxy.exchange;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/** The exchanges under way, by the uid of the calling pod. Thread-safe. */
@Singleton
public final class OpenExchanges {
    private final Map<String, Set<Exchange>> byPod = new ConcurrentHashMap<>();
    private final AtomicInteger open = new AtomicInteger();
    private final Counter cut;
    private final Lock lock = new ReentrantLock();
    private final Condition ended = lock.newCondition();

    OpenExchanges(MeterRegistry meters) {
        meters.gauge("clawpod.proxy.streams.open", open);
        this.cut = Counter.builder("clawpod.proxy.streams.cut")
                .description("Streams cut because the caller's pod ended")
                .register(meters);
    }

    /** Cuts every exchange of a pod that has ended. */
    public void cut(String podUid) {
        for (Exchange exchange : byPod.getOrDefault(podUid, Set.of())) {
            cut.increment();
            exchange.cut();
        }
    }

    void add(String podUid, Exchange exchange) {
        open.incrementAndGet();
        byPod.compute(podUid, (uid, exchanges) -> {
            Set<Exchange> present = exchanges == null ? ConcurrentHashMap.newKeySet() : exchanges;
            present.add(exchange);
            return present;
        });
    }

    void remove(String podUid, Exchange exchange) {
        byPod.computeIfPresent(podUid, (uid, exchanges) -> {
            if (exchanges.remove(exchange)) {
                open.decrementAndGet();
            }
            return exchanges.isEmpty() ? null : exchanges;
        });
        lock.lock();
        try {
            ended.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until no exchange is open. Blocks, so never call it on an event loop.
     *
     * @return whether none is open; false if {@code atMost} went by before
     */
    public boolean awaitNone(Duration atMost) throws InterruptedException {
        lock.lock();
        try {
            long left = atMost.toNanos();
            while (open.get() > 0 && left > 0) {
                left = ended.awaitNanos(left);
            }
            return open.get() == 0;
        } finally {
            lock.unlock();
        }
    }
}
