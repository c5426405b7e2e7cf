package io.clawpod.spawner.archive;

import io.clawpod.spawner.archive.Member.Head;
import io.clawpod.spawner.archive.Member.Totals;
import io.clawpod.spawner.session.LogPlace;
import java.io.ByteArrayOutputStream;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The stored log of one session, as it is written: by lines, scrubbed, packed, and cut into files. Where it ends is told by
 * what is stored, so that another process goes on at that very byte. Blocks; not thread-safe.
 */
final class SessionLog {
    private final Store store;
    private final String folder;
    private final LogLimits limits;
    private final Clock clock;
    private final AtomicLong heldByAll;
    private final Scrub scrub = new Scrub();

    private int segment;
    private int firstSegment;
    private long segmentLength;
    private long segmentRaw;

    // A line that has not come to its end.
    private ByteArrayOutputStream line = new ByteArrayOutputStream(0);
    private boolean beginsLine = true;
    // What is to be packed, and how far the log has come with it.
    private ByteArrayOutputStream block = new ByteArrayOutputStream(0);
    private int blockLines;
    private Totals totals = Totals.NONE;
    private @Nullable LogPlace place;
    // What is to be written.
    private ByteArrayOutputStream packed = new ByteArrayOutputStream(0);
    private long packedRaw;
    private @Nullable Instant waitsSince;
    private long held;

    private SessionLog(Store store, String folder, LogLimits limits, Clock clock, AtomicLong heldByAll) {
        this.store = store;
        this.folder = folder;
        this.limits = limits;
        this.clock = clock;
        this.heldByAll = heldByAll;
    }

    /**
     * Takes up what is stored in the folder, or begins. A piece at the end that is damaged, as a writer leaves it that was
     * killed, is cut off.
     *
     * @param heldByAll how much all logs hold in memory
     */
    static SessionLog open(Store store, String folder, LogLimits limits, Clock clock, AtomicLong heldByAll)
            throws StoreFault {
        SessionLog log = new SessionLog(store, folder, limits, clock, heldByAll);
        StoredLog stored = StoredLog.find(store, folder);
        if (!stored.segments().isEmpty()) {
            log.resume(stored);
        }
        return log;
    }

    private void resume(StoredLog stored) throws StoreFault {
        firstSegment = stored.segments().get(0).number();
        for (int i = stored.segments().size() - 1; i >= 0; i--) {
            StoredLog.Segment last = stored.segments().get(i);
            StoredLog.Walk walk = stored.walk(last);
            Head end = walk.lastWhole();
            if (walk.end() < last.bytes()) {
                store.truncate(last.path(), walk.end());
            }
            if (end != null) {
                segment = last.number();
                segmentLength = walk.end();
                segmentRaw = walk.raw();
                totals = end.totals();
                place = end.place();
                beginsLine = place == null || !place.inLine();
                scrub.resume(totals.scrubbed());
                return;
            }
            if (last.bytes() > 0) {
                store.delete(last.path());
            }
            segment = last.number();
        }
    }

    /** How far the agent's log has been taken, stored or not; absent at its beginning. */
    @Nullable
    LogPlace place() {
        return place;
    }

    Totals totals() {
        return totals;
    }

    /** How many files it is in, with the one that is being written. */
    int segments() {
        return totals.bytes() == 0 ? 0 : segment - firstSegment + 1;
    }

    /** How much is taken and not yet stored, in bytes. */
    long waiting() {
        return block.size() + packedRaw;
    }

    /** A new stream goes on at {@link #place}: what was read behind it comes again. */
    void reopen() {
        line = new ByteArrayOutputStream(0);
        beginsLine = place == null || !place.inLine();
        count();
    }

    /** Takes what is next. When it fails all is kept in memory, and {@link #flush} may be tried again. */
    void take(byte[] bytes) throws StoreFault {
        int at = 0;
        while (at < bytes.length) {
            int end = at;
            int room = Math.max(1, LogLimits.LINE - line.size());
            while (end < bytes.length && end - at < room && bytes[end] != '\n') {
                end++;
            }
            boolean whole = end < bytes.length && bytes[end] == '\n';
            line.write(bytes, at, end - at + (whole ? 1 : 0));
            at = whole ? end + 1 : end;
            if (whole || line.size() >= LogLimits.LINE) {
                passLine(whole);
            }
        }
        packIfFull();
        count();
        if (packed.size() >= LogLimits.PACKED || (heldByAll.get() > LogLimits.ALL && waiting() > 0)) {
            flush();
        }
    }

    /** The stream has ended: a last line without a break is one all the same. */
    void endOfStream() {
        if (line.size() > 0) {
            byte[] rest = line.toByteArray();
            line = new ByteArrayOutputStream(0);
            store(rest, true, false);
        }
        count();
    }

    private void passLine(boolean whole) {
        byte[] bytes = line.toByteArray();
        line = new ByteArrayOutputStream(0);
        int done = store(bytes, whole, whole);
        line.write(bytes, done, bytes.length - done);
        packIfFull();
    }

    /**
     * @param last whether nothing of this line is to follow from {@code bytes}
     * @param broken whether it ends with a line break
     * @return how many bytes were stored
     */
    private int store(byte[] bytes, boolean last, boolean broken) {
        Stamp stamp = beginsLine ? Stamp.read(bytes, bytes.length) : null;
        int text = stamp == null ? 0 : stamp.length();
        int before = block.size();
        int done = scrub.pass(bytes, bytes.length, text, last, block);
        if (stamp != null) {
            place = place == null ? LogPlace.first(stamp.time()) : place.line(stamp.time());
        }
        if (place != null) {
            place = place.text(done - text);
            place = broken ? place.endOfLine() : place;
        }
        beginsLine = broken;
        blockLines += broken ? 1 : 0;
        totals = new Totals(totals.bytes() + block.size() - before, totals.lines() + (broken ? 1 : 0), scrub.count());
        if (waitsSince == null) {
            waitsSince = clock.instant();
        }
        return done;
    }

    private void packIfFull() {
        if (block.size() >= LogLimits.BLOCK) {
            pack();
        }
    }

    private void pack() {
        if (block.size() == 0) {
            return;
        }
        byte[] raw = block.toByteArray();
        packed.writeBytes(Member.pack(raw, raw.length, blockLines, totals, place));
        packedRaw += raw.length;
        block = new ByteArrayOutputStream(0);
        blockLines = 0;
    }

    private void count() {
        long now = (long) line.size() + block.size() + packed.size();
        heldByAll.addAndGet(now - held);
        held = now;
    }

    /** Whether something has waited in memory for long enough. */
    boolean isDue() {
        return waitsSince != null && !waitsSince.plus(limits.flushEvery()).isAfter(clock.instant());
    }

    /** Stores all lines that were taken. */
    void flush() throws StoreFault {
        pack();
        if (packed.size() > 0) {
            if (segmentRaw >= limits.rotateBytes()) {
                segment++;
                segmentLength = 0;
                segmentRaw = 0;
            }
            store.append(Paths.segment(folder, segment), segmentLength, packed.toByteArray());
            segmentLength += packed.size();
            segmentRaw += packedRaw;
            packed = new ByteArrayOutputStream(0);
            packedRaw = 0;
        }
        waitsSince = null;
        count();
    }

    /** Takes that the oldest files were given up. */
    void truncatedTo(int oldestSegment) {
        firstSegment = Math.max(firstSegment, oldestSegment);
    }

    /** Lets go of what it holds in memory. */
    void close() {
        line = new ByteArrayOutputStream(0);
        block = new ByteArrayOutputStream(0);
        packed = new ByteArrayOutputStream(0);
        packedRaw = 0;
        count();
    }
}
