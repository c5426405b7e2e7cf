package io.clawpod.common.client;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** How long a watch is believed. */
final class StandingTest {
    private Instant now = Instant.parse("2026-01-02T03:04:05Z");
    private boolean synced = true;
    private boolean watching = true;
    private final Standing standing = new Standing(() -> synced, () -> watching, () -> now);

    @Test
    void aWatchThatIsOpenedAnewIsBelievedMeanwhile() {
        assertTrue(standing.isBelieved());
        watching = false;
        now = now.plus(Standing.FRESH_FOR);
        assertTrue(standing.isBelieved());
        watching = true;
        assertTrue(standing.isBelieved());
        watching = false;
        now = now.plus(Standing.FRESH_FOR);
        assertTrue(standing.isBelieved());
    }

    @Test
    void aWatchThatStaysAwayIsNotBelieved() {
        assertTrue(standing.isBelieved());
        watching = false;
        now = now.plus(Standing.FRESH_FOR).plusMillis(1);
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
                () -> now);
        assertFalse(stopping.isBelieved());
    }

    @Test
    void howLongItIsAwayCountsFromWhenItLastStoodOrWasMade() {
        Duration aWhile = Duration.ofMinutes(1);
        watching = false;
        now = now.plus(aWhile);
        assertFalse(standing.isAwaySince(aWhile));
        now = now.plusMillis(1);
        assertTrue(standing.isAwaySince(aWhile));
        watching = true;
        assertTrue(standing.stands());
        watching = false;
        now = now.plus(aWhile);
        assertFalse(standing.isAwaySince(aWhile));
        now = now.plusMillis(1);
        assertTrue(standing.isAwaySince(aWhile));
    }
}
