package io.clawpod.spawner.archive;

import io.clawpod.spawner.archive.StoredLog.Found;
import io.clawpod.spawner.session.Sessions.LogQuery;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** A stored log as a reader asked for it, piece by piece: no more than one piece is in memory. Used once. */
final class LogReading {
    private final StoredLog log;
    private final LogQuery query;
    private final Queue<Found> left;
    private long linesToSkip;
    // Of the line that goes over from one piece to the next.
    private boolean inLine;
    private boolean shown;

    private LogReading(StoredLog log, LogQuery query, Queue<Found> left, long linesToSkip) {
        this.log = log;
        this.query = query;
        this.left = left;
        this.linesToSkip = linesToSkip;
    }

    /** Finds where to begin. Blocks. */
    static LogReading open(StoredLog log, LogQuery query) throws StoreFault {
        Integer tail = query.tail();
        if (tail == null) {
            Deque<Found> all = new ArrayDeque<>();
            for (StoredLog.Segment segment : log.segments()) {
                all.addAll(log.walk(segment).members());
            }
            return new LogReading(log, query, all, 0);
        }
        Deque<Found> last = new ArrayDeque<>();
        // A last line without a break counts as one, and no member says whether there is one.
        long lines = 0;
        for (int i = log.segments().size() - 1; i >= 0 && lines <= tail; i--) {
            Deque<Found> members =
                    new ArrayDeque<>(log.walk(log.segments().get(i)).members());
            while (!members.isEmpty() && lines <= tail) {
                Found member = members.removeLast();
                last.addFirst(member);
                lines += member.head().lines();
            }
        }
        Found end = last.peekLast();
        boolean open = end != null && endsInLine(log, end);
        return new LogReading(log, query, last, Math.max(0, lines + (open ? 1 : 0) - tail));
    }

    private static boolean endsInLine(StoredLog log, Found end) throws StoreFault {
        byte[] raw = log.unpack(end);
        return raw != null && raw.length > 0 && raw[raw.length - 1] != '\n';
    }

    /** @param worker where storage is read */
    Multi<byte[]> stream(Executor worker) {
        return Multi.createBy()
                .repeating()
                .uni(() -> Uni.createFrom().item(this::next).runSubscriptionOn(worker))
                .whilst(piece -> piece.more())
                .map(Piece::bytes)
                .select()
                .where(bytes -> bytes.length > 0);
    }

    // Pieces are never compared.
    @SuppressWarnings("ArrayRecordComponent")
    private record Piece(byte[] bytes, boolean more) {}

    private Piece next() {
        try {
            Found member = left.poll();
            while (member != null && isOld(member)) {
                inLine = false;
                shown = false;
                member = left.poll();
            }
            if (member == null) {
                return new Piece(new byte[0], false);
            }
            byte[] raw = log.unpack(member);
            return new Piece(raw == null ? new byte[0] : shown(raw), !left.isEmpty());
        } catch (StoreFault e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Whether all its lines are older than was asked for, and none is counted. */
    private boolean isOld(Found member) {
        Instant since = query.since();
        return since != null
                && linesToSkip == 0
                && member.head().place() != null
                && member.head().place().latest().isBefore(since);
    }

    private byte[] shown(byte[] raw) {
        ByteArrayOutputStream shownBytes = new ByteArrayOutputStream(raw.length);
        int at = 0;
        while (at < raw.length) {
            int end = at;
            while (end < raw.length && raw[end] != '\n') {
                end++;
            }
            boolean whole = end < raw.length;
            int to = whole ? end + 1 : end;
            int from = at;
            if (!inLine) {
                from = begin(raw, at, to);
            }
            if (shown) {
                shownBytes.write(raw, from, to - from);
            }
            inLine = !whole;
            at = to;
        }
        return shownBytes.toByteArray();
    }

    /** A line begins; says where its text does. */
    private int begin(byte[] raw, int at, int to) {
        if (linesToSkip > 0) {
            linesToSkip--;
            shown = false;
            return at;
        }
        int stamp = Stamp.length(raw, at, to);
        shown = query.since() == null || !isBefore(raw, at, stamp, query.since());
        return query.timestamps() || stamp < 0 ? at : at + stamp;
    }

    private boolean isBefore(byte[] raw, int at, int stamp, Instant since) {
        @Nullable Stamp read = stamp < 0 ? null : Stamp.read(java.util.Arrays.copyOfRange(raw, at, at + stamp), stamp);
        // What has no time belongs to the line before.
        return read == null ? !shown : read.time().isBefore(since);
    }
}
