package io.clawpod.spawner.archive;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Lines that are missing, and logs that only begin anew. */
final class GapsTest {
    private static final Instant AFTER = Instant.parse("2026-01-02T03:04:05.900Z");
    private static final Instant NEXT = Instant.parse("2026-01-02T03:04:07.100Z");

    private static int found(Instant run, boolean whileAway) {
        Gaps gaps = new Gaps();
        gaps.run(Instant.parse("2026-01-02T03:00:00Z"));
        gaps.missing(AFTER, NEXT, whileAway);
        gaps.run(run);
        return gaps.found().size();
    }

    @Test
    void aLogThatGoesOnWithAnotherRunHasNone() {
        assertEquals(0, found(Instant.parse("2026-01-02T03:04:05Z"), false));
        assertEquals(0, found(Instant.parse("2026-01-02T03:04:07Z"), false));
        assertEquals(1, found(Instant.parse("2026-01-02T03:04:08Z"), false));
        assertEquals(1, found(Instant.parse("2026-01-02T03:04:04Z"), false));
    }

    @Test
    void unlessNobodyReadTheEndOfTheRunBefore() {
        assertEquals(1, found(Instant.parse("2026-01-02T03:04:06Z"), true));
    }
}
