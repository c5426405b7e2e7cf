package io.clawpod.spawner.cluster;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;

/**
 * Whether what a watch has brought is believed. The client closes each watch on purpose every five to ten minutes and opens it
 * anew a moment later (fabric8's Reflector), so one that stood a moment ago is believed as one that stands. Thread-safe.
 */
final class Standing {
    /** For how long without news what was last seen is believed. */
    static final Duration FRESH_FOR = Duration.ofSeconds(15);

    private final BooleanSupplier synced;
    private final BooleanSupplier watching;
    private final Clock clock;
    private volatile Instant lastStood = Instant.EPOCH;

    /**
     * @param synced whether all there is was listed once
     * @param watching whether the watch stands
     */
    Standing(BooleanSupplier synced, BooleanSupplier watching, Clock clock) {
        this.synced = synced;
        this.watching = watching;
        this.clock = clock;
    }

    /** Has to be asked every few seconds: nothing else tells when it last stood. */
    boolean isBelieved() {
        if (!synced.getAsBoolean()) {
            return false;
        }
        if (isWatching()) {
            lastStood = clock.instant();
            return true;
        }
        return !lastStood.plus(FRESH_FOR).isBefore(clock.instant());
    }

    private boolean isWatching() {
        try {
            return watching.getAsBoolean();
        } catch (NullPointerException beingStopped) {
            // So the client's Reflector answers while it is being stopped.
            return false;
        }
    }
}
