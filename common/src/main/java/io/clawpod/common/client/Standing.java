package io.clawpod.common.client;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.BooleanSupplier;

/**
 * Whether what one informer's watch has brought is believed. The client closes each watch on purpose every five to ten minutes
 * and opens it anew a moment later (fabric8's Reflector), so one that stood a moment ago is believed as one that stands.
 * Thread-safe.
 */
public final class Standing {
    /** For how long without news what was last seen is believed. */
    public static final Duration FRESH_FOR = Duration.ofSeconds(15);

    private final BooleanSupplier synced;
    private final BooleanSupplier watching;
    private final InstantSource clock;
    private final Instant made;
    private volatile Instant lastStood = Instant.MIN;

    /**
     * Of an informer that is about to be started.
     *
     * @param synced whether all there is was listed once
     * @param watching whether the watch stands
     */
    public Standing(BooleanSupplier synced, BooleanSupplier watching, InstantSource clock) {
        this.synced = synced;
        this.watching = watching;
        this.clock = clock;
        this.made = clock.instant();
    }

    /** Has to be asked every few seconds: nothing else tells when it last stood. */
    public boolean isBelieved() {
        return stands() || (synced.getAsBoolean() && !lastStood.isBefore(ago(FRESH_FOR)));
    }

    /** Whether all was listed and the watch stands, now. */
    public boolean stands() {
        boolean now = synced.getAsBoolean() && isWatching();
        if (now) {
            lastStood = clock.instant();
        }
        return now;
    }

    /** Whether it was not seen to stand for so long, since it was made. */
    public boolean isAwaySince(Duration time) {
        Instant bound = ago(time);
        return made.isBefore(bound) && lastStood.isBefore(bound);
    }

    private Instant ago(Duration time) {
        return clock.instant().minus(time);
    }

    private boolean isWatching() {
        try {
            return watching.getAsBoolean();
        } catch (NullPointerException beingStopped) {
            // The Reflector forgets its watch before it says that it does not watch, and trips over that.
            return false;
        }
    }
}
