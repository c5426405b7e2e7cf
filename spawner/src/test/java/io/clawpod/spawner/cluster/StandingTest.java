package io.clawpod.spawner.cluster;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.spawner.testing.TestClock;
import org.junit.jupiter.api.Test;

/** How long a watch is believed. */
final class StandingTest {
    private final TestClock clock = new TestClock();
    private boolean synced = true;
    private boolean watching = true;
    private final Standing standing = new Standing(() -> synced, () -> watching, clock);

    @Test
    void aWatchThatIsOpenedAnewIsBelievedMeanwhile() {
        assertTrue(standing.isBelieved());
        watching = false;
        clock.now = clock.now.plus(Standing.FRESH_FOR);
        assertTrue(standing.isBelieved());
        watching = true;
        assertTrue(standing.isBelieved());
        watching = false;
        clock.now = clock.now.plus(Standing.FRESH_FOR);
        assertTrue(standing.isBelieved());
    }

    @Test
    void aWatchThatStaysAwayIsNotBelieved() {
        assertTrue(standing.isBelieved());
        watching = false;
        clock.now = clock.now.plus(Standing.FRESH_FOR).plusMillis(1);
        assertFalse(standing.isBelieved());
        watching = true;
        assertTrue(standing.isBelieved());
    }

    @Test
    void aWatchThatNeverStoodIsNotBelieved() {
        watching = false;
        assertFalse(standing.isBelieved());
        synced = false;
        watching = true;
        assertFalse(standing.isBelieved());
    }

    @Test
    void aWatchThatIsBeingStoppedDoesNotStand() {
        Standing stopping = new Standing(
                () -> true,
                () -> {
                    throw new NullPointerException();
                },
                clock);
        assertFalse(stopping.isBelieved());
    }
}
