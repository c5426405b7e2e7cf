package io.clawpod.spawner.archive;

import java.time.Duration;

/**
 * How logs are cut.
 *
 * @param rotateBytes how much of a log, unpacked, goes into one file
 * @param flushEvery how long what was read may wait in memory
 */
record LogLimits(long rotateBytes, Duration flushEvery) {
    /** How much is packed at a time, in bytes; a line may add to it. */
    static final int BLOCK = 1 << 16;
    /** The longest line that is held whole, in bytes with its time. */
    static final int LINE = 1 << 16;
    /** How much that is packed may wait, in bytes. */
    static final int PACKED = 1 << 18;
    /** How much of all logs together may wait in memory, in bytes; beyond that each is written as it comes. */
    static final long ALL = 16L << 20;
}
