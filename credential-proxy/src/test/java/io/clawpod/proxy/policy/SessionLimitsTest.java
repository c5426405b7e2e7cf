package io.clawpod.proxy.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.proxy.policy.SessionLimits.Permit;
import io.clawpod.proxy.testing.MovableClock;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SessionLimitsTest {
    private final MovableClock clock = new MovableClock();
    private final SessionLimits limits = new SessionLimits(clock);

    private Permit.Granted granted(String session, int concurrent, int perMinute) {
        return assertInstanceOf(Permit.Granted.class, limits.acquire("r", session, concurrent, perMinute));
    }

    private Permit.Refused refused(String session, int concurrent, int perMinute) {
        return assertInstanceOf(Permit.Refused.class, limits.acquire("r", session, concurrent, perMinute));
    }

    @Test
    void aMinuteHoldsItsCallsAndOpensOnlyWhenTheFirstHasLeft() {
        granted("s", 0, 3);
        clock.advance(Duration.ofSeconds(20));
        granted("s", 0, 3);
        granted("s", 0, 3);
        assertEquals(new Permit.Refused("callsPerMinute", 41), refused("s", 0, 3));
        clock.advance(Duration.ofSeconds(40));
        assertEquals(new Permit.Refused("callsPerMinute", 1), refused("s", 0, 3));
        clock.advance(Duration.ofSeconds(1));
        granted("s", 0, 3);
        assertEquals(new Permit.Refused("callsPerMinute", 20), refused("s", 0, 3));
        clock.advance(Duration.ofSeconds(20));
        granted("s", 0, 3);
        granted("s", 0, 3);
        refused("s", 0, 3);
    }

    @Test
    void waitingAsLongAsWasSaidIsAlwaysEnoughAndNeverMoreThanALimitPassesInAMinute() {
        java.util.Random random = new java.util.Random(7);
        java.util.ArrayDeque<Long> passed = new java.util.ArrayDeque<>();
        for (int i = 0; i < 5_000; i++) {
            clock.advance(Duration.ofMillis(random.nextInt(3_000)));
            Permit permit = limits.acquire("r", "s", 0, 5);
            if (permit instanceof Permit.Refused refused) {
                clock.advance(Duration.ofSeconds(refused.retryAfterSeconds()));
                permit = limits.acquire("r", "s", 0, 5);
            }
            assertInstanceOf(Permit.Granted.class, permit);
            long now = clock.millis();
            passed.add(now);
            passed.removeIf(each -> each <= now - 60_000);
            assertTrue(passed.size() <= 5);
        }
    }

    @Test
    void callsAtATimeAreCountedUntilTheyEndOnce() {
        Permit.Granted first = granted("s", 2, 0);
        granted("s", 2, 0);
        assertEquals(new Permit.Refused("concurrentCalls", 1), refused("s", 2, 0));
        first.close();
        first.close();
        granted("s", 2, 0);
        refused("s", 2, 0);
    }

    @Test
    void aRefusedCallCountsForNothing() {
        Permit.Granted only = granted("s", 1, 2);
        refused("s", 1, 2);
        refused("s", 1, 2);
        only.close();
        granted("s", 1, 2).close();
        assertEquals("callsPerMinute", refused("s", 1, 2).limit());
    }

    @Test
    void sessionsAndRoutesDoNotCountForEachOther() {
        granted("s", 1, 1);
        granted("t", 1, 1);
        assertInstanceOf(Permit.Granted.class, limits.acquire("other", "s", 1, 1));
        refused("s", 1, 1);
    }

    @Test
    void aClockThatGoesBackOpensNothing() {
        granted("s", 0, 1);
        clock.advance(Duration.ofSeconds(-30));
        refused("s", 0, 1);
        clock.advance(Duration.ofSeconds(91));
        granted("s", 0, 1);
    }

    @Test
    void sessionsWithoutCallsAreForgottenAndThoseWithAreNot() {
        Permit.Granted open = granted("open", 1, 0);
        for (int i = 0; i < 100; i++) {
            granted("s" + i, 1, 1).close();
        }
        clock.advance(Duration.ofSeconds(122));
        granted("last", 1, 0);
        assertEquals(2, limits.size());
        refused("open", 1, 0);
        open.close();
        granted("open", 1, 0);
    }

    @Test
    void withoutLimitsNothingIsKept() {
        granted("s", 0, 0);
        assertEquals(0, limits.size());
    }

    @Test
    void manyThreadsGetExactlyWhatThereIs() throws Exception {
        AtomicInteger granted = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(400);
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            for (int i = 0; i < 400; i++) {
                threads.execute(() -> {
                    if (limits.acquire("r", "s", 0, 100) instanceof Permit.Granted permit) {
                        granted.incrementAndGet();
                        permit.close();
                    }
                    done.countDown();
                });
            }
            assertTrue(done.await(30, TimeUnit.SECONDS));
        } finally {
            threads.shutdownNow();
        }
        assertEquals(100, granted.get());
    }
}
