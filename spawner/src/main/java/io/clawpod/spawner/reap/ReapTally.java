package io.clawpod.spawner.reap;

import io.clawpod.spawner.session.ReapReason;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** How many sessions this process has reaped, by reason, since its start. Thread-safe. */
public final class ReapTally {
    private final Map<ReapReason, LongAdder> counts = new EnumMap<>(ReapReason.class);

    public ReapTally() {
        for (ReapReason reason : ReapReason.values()) {
            counts.put(reason, new LongAdder());
        }
    }

    void add(ReapReason reason) {
        counter(reason).increment();
    }

    /** The count so far. */
    public long count(ReapReason reason) {
        return counter(reason).sum();
    }

    private LongAdder counter(ReapReason reason) {
        return Objects.requireNonNull(counts.get(reason));
    }
}
