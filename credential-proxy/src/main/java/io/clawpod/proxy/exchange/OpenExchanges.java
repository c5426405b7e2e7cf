package io.clawpod.proxy.exchange;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The exchanges under way, by the uid of the calling pod. Thread-safe. */
@Singleton
public final class OpenExchanges {
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofSeconds(2),
        Duration.ofSeconds(5),
        Duration.ofSeconds(15),
        Duration.ofMinutes(1)
    };

    /** What is being cut: the delay counts when the last exchange of it is over. */
    private record Cutting(String cause, Instant since) {}

    private final Map<String, Set<Exchange>> byPod = new ConcurrentHashMap<>();
    private final Map<String, Cutting> cutting = new ConcurrentHashMap<>();
    private final AtomicInteger open = new AtomicInteger();
    private final MeterRegistry meters;
    private final Clock clock;
    private final Counter cut;
    private final Lock lock = new ReentrantLock();
    private final Condition ended = lock.newCondition();

    OpenExchanges(MeterRegistry meters, Clock clock) {
        this.meters = meters;
        this.clock = clock;
        meters.gauge("clawpod.proxy.streams.open", open);
        this.cut = Counter.builder("clawpod.proxy.streams.cut")
                .description("Streams cut because the caller's pod ended or its session was revoked")
                .register(meters);
        for (String cause : List.of("ended", "deleted", "revoked")) {
            revocation(cause);
        }
    }

    /**
     * Cuts every exchange of a pod that may call no longer. From any thread.
     *
     * @param cause by which the delay is counted
     * @param since when the pod could have known; absent if that is not known or was counted before
     */
    public void cut(String podUid, String cause, @Nullable Instant since) {
        Set<Exchange> exchanges = byPod.getOrDefault(podUid, Set.of());
        if (since != null) {
            cutting.put(podUid, new Cutting(cause, since));
        }
        for (Exchange exchange : exchanges) {
            cut.increment();
            exchange.cut();
        }
        if (!byPod.containsKey(podUid)) {
            // Nothing is open: the pod's token is refused from now on, and that is all there was to do.
            over(podUid);
        }
    }

    /** Counts the delay from the event in the cluster to now. */
    private void over(String podUid) {
        Cutting done = cutting.remove(podUid);
        if (done != null) {
            // The clocks of two machines differ, and Kubernetes writes whole seconds.
            Duration delay = Duration.between(done.since(), clock.instant());
            revocation(done.cause()).record(delay.isNegative() ? Duration.ZERO : delay);
        }
    }

    private Timer revocation(String cause) {
        return Timer.builder("clawpod.proxy.revocation")
                .description(
                        "Time from a pod's end, deletion or revocation until its token is refused and its streams are cut")
                .tag("cause", cause)
                .serviceLevelObjectives(BUCKETS)
                .register(meters);
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
        if (!cutting.isEmpty() && !byPod.containsKey(podUid)) {
            over(podUid);
        }
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
