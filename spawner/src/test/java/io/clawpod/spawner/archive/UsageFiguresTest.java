package io.clawpod.spawner.archive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.clawpod.spawner.archive.UsageFigures.Count;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What control groups say. */
final class UsageFiguresTest {
    @Test
    void bothVersionsOfControlGroupsAreRead() {
        assertEquals(new UsageFigures(1_500_000_000L, 4096L), UsageFigures.parse("""
                        ==> cpu.stat
                        usage_usec 1500000
                        user_usec 1
                        ==> memory.peak
                        4096
                        ==> memory.current
                        1024
                        """));
        assertEquals(new UsageFigures(null, 1024L), UsageFigures.parse("==> memory.current\n1024\n"));
        assertEquals(
                new UsageFigures(77L, 99L),
                UsageFigures.parse("==> cpuacct/cpuacct.usage\n77\n==> memory/memory.max_usage_in_bytes\n99\n"));
        assertEquals(new UsageFigures(null, null), UsageFigures.parse("sh: not found\n"));
    }

    @Test
    void anotherRunIsAddedToThoseBefore() {
        Count count = Count.of(null)
                .with(new UsageFigures(10_000_000_000L, 100L))
                .with(new UsageFigures(1_000_000_000L, 50L))
                .with(new UsageFigures(2_000_000_000L, 60L));
        assertEquals(12.0, count.at(Instant.EPOCH).cpuSeconds());
        assertEquals(100L, count.at(Instant.EPOCH).peakMemoryBytes());
        assertNull(Count.of(null)
                .with(new UsageFigures(null, 5L))
                .at(Instant.EPOCH)
                .cpuSeconds());
    }
}
