package io.clawpod.proxy.policy;

import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Counts the calls of each session on each route, in this replica. A minute is the last 60 whole seconds and the one that
 * has begun, so no 60 seconds ever see more calls than the limit. Thread-safe; locks one session at a time.
 */
@Singleton
public final class SessionLimits {
    /** What came of asking for a call. */
    public sealed interface Permit {
        /** The call may go on; {@link #close()} once it has ended, once or more. */
        final class Granted implements Permit {
            private final Runnable release;
            private final AtomicBoolean closed = new AtomicBoolean();

            private Granted(Runnable release) {
                this.release = release;
            }

            public void close() {
                if (!closed.get() && closed.compareAndSet(false, true)) {
                    release.run();
                }
            }
        }

        /**
         * It may not, now.
         *
         * @param limit which limit is reached, as the routes file calls it
         * @param retryAfterSeconds 1 to 61
         */
        record Refused(String limit, int retryAfterSeconds) implements Permit {}
    }

    private static final int SECONDS = 60;
    private static final Permit.Granted UNLIMITED = new Permit.Granted(() -> {});

    private record Key(String route, String session) {}

    private static final class Counts {
        private final int[] calls = new int[SECONDS + 1];
        private long now;
        private int sum;
        private int open;
        private boolean dropped;

        /** Forgets the seconds that have left the window. A clock that goes back stands still here. */
        void advance(long second) {
            long steps = Math.min(second - now, calls.length);
            for (long i = 1; i <= steps; i++) {
                int slot = (int) ((now + i) % calls.length);
                sum -= calls[slot];
                calls[slot] = 0;
            }
            now = Math.max(now, second);
        }

        /** After how many seconds so many calls have left the window that one more fits. */
        int secondsUntilBelow(int limit) {
            int left = sum;
            for (int i = 1; i < calls.length; i++) {
                left -= calls[(int) ((now + i) % calls.length)];
                if (left < limit) {
                    return i;
                }
            }
            return calls.length;
        }
    }

    private final Clock clock;
    private final ConcurrentHashMap<Key, Counts> sessions = new ConcurrentHashMap<>();
    private volatile long swept;

    SessionLimits(Clock clock) {
        this.clock = clock;
    }

    /**
     * Asks for one call.
     *
     * @param concurrent 0 for no limit
     * @param perMinute 0 for no limit
     */
    public Permit acquire(String route, String session, int concurrent, int perMinute) {
        if (concurrent == 0 && perMinute == 0) {
            return UNLIMITED;
        }
        long second = Math.floorDiv(clock.millis(), 1000L);
        sweep(second);
        Key key = new Key(route, session);
        while (true) {
            Counts counts = sessions.computeIfAbsent(key, absent -> new Counts());
            synchronized (counts) {
                if (!counts.dropped) {
                    return acquire(counts, second, concurrent, perMinute);
                }
            }
        }
    }

    private static Permit acquire(Counts counts, long second, int concurrent, int perMinute) {
        counts.advance(second);
        if (concurrent > 0 && counts.open >= concurrent) {
            return new Permit.Refused("concurrentCalls", 1);
        }
        if (perMinute > 0 && counts.sum >= perMinute) {
            return new Permit.Refused("callsPerMinute", counts.secondsUntilBelow(perMinute));
        }
        counts.calls[(int) (counts.now % counts.calls.length)]++;
        counts.sum++;
        counts.open++;
        return new Permit.Granted(() -> {
            synchronized (counts) {
                counts.open--;
            }
        });
    }

    /** Once a minute, forgets the sessions that have no call open and had none for a minute. */
    private void sweep(long second) {
        if (second - swept < SECONDS) {
            return;
        }
        swept = second;
        sessions.values().removeIf(counts -> {
            synchronized (counts) {
                counts.advance(second);
                counts.dropped = counts.open == 0 && counts.sum == 0;
                return counts.dropped;
            }
        });
    }

    int size() {
        return sessions.size();
    }
}
