package io.clawpod.proxy.credential;

import java.time.Duration;
import java.time.Instant;

/** A pause that doubles each time it is begun anew. Guarded by its owner's lock. */
final class Backoff {
    static final Duration FIRST = Duration.ofSeconds(1);
    static final Duration LONGEST = Duration.ofMinutes(5);

    private Instant until = Instant.MIN;
    private int count;

    /** Begins the next pause. */
    void begin(Instant now) {
        Duration pause = FIRST.multipliedBy(1L << Math.min(count++, 10));
        until = now.plus(pause.compareTo(LONGEST) < 0 ? pause : LONGEST);
    }

    boolean holds(Instant now) {
        return now.isBefore(until);
    }

    /** What is left of the pause. */
    Duration left(Instant now) {
        return holds(now) ? Duration.between(now, until) : Duration.ZERO;
    }

    /** Whether the last pause is over for so long that the next one may be the shortest again. */
    boolean forgotten(Instant now) {
        return !now.isBefore(until.plus(LONGEST));
    }

    void reset() {
        until = Instant.MIN;
        count = 0;
    }
}
