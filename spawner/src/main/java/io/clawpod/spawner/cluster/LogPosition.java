package io.clawpod.spawner.cluster;

import io.clawpod.spawner.session.LogPlace;
import io.clawpod.spawner.session.Sessions.LogQuery;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * How far a reader has come in a log whose lines begin with their times, so that another stream of the same log can be taken
 * up at the very byte. Two streams of a container may have their lines stored a little out of the order of their times, so the
 * place is told by the line with the latest time and by how many came behind it. Of the log itself nothing is kept. Pure; not
 * thread-safe.
 */
final class LogPosition {
    /** RFC 3339 with nanoseconds and an offset has 35 characters. */
    private static final int MAX_TIME = 64;

    private enum Line {
        /** Its time has not been read to its end. */
        TIME,
        PASSED,
        DROPPED
    }

    private final LogQuery asked;
    private final Instant opened;
    private final BiConsumer<Instant, Instant> missing;
    private final ByteArrayOutputStream time = new ByteArrayOutputStream();
    private Line line = Line.TIME;
    private boolean begun;
    private boolean again;

    /** How far the reader has come: what was passed on. */
    private @Nullable LogPlace place;

    // On the way to it in a new stream.
    private boolean seeking;
    private int metWithLatest;
    private int metBehind;
    private long toSkip;

    /**
     * @param asked what the reader wants to see
     * @param opened when it began to read
     */
    LogPosition(LogQuery asked, Instant opened) {
        this(asked, opened, null, (after, next) -> {});
    }

    /**
     * @param from where to go on; absent for the beginning
     * @param missing is told of lines that are no longer there: the time of the last one before and of the first one after
     */
    LogPosition(LogQuery asked, Instant opened, @Nullable LogPlace from, BiConsumer<Instant, Instant> missing) {
        this.asked = asked;
        this.opened = opened;
        this.place = from;
        this.missing = missing;
    }

    /**
     * What to ask for, to go on from here. Before the first line all is asked for anew, but by one who wants only what is still
     * to come, what has come since it began.
     */
    LogQuery query() {
        if (place != null) {
            return new LogQuery(true, null, place.from(), true);
        }
        boolean late = begun && asked.tail() != null && asked.tail() == 0;
        return late ? new LogQuery(true, null, opened, true) : new LogQuery(true, asked.tail(), asked.since(), true);
    }

    /** A new stream begins: the answer to {@link #query}. */
    void begin() {
        again = begun;
        begun = true;
        time.reset();
        line = Line.TIME;
        seeking = place != null;
        metWithLatest = 0;
        metBehind = 0;
        toSkip = 0;
    }

    /** What is new to the reader in the next bytes of the stream; may be nothing. */
    byte[] take(byte[] bytes) {
        ByteArrayOutputStream fresh = new ByteArrayOutputStream(bytes.length);
        int at = 0;
        while (at < bytes.length) {
            at = line == Line.TIME ? readTime(bytes, at, fresh) : readText(bytes, at, fresh);
        }
        return fresh.toByteArray();
    }

    private int readTime(byte[] bytes, int from, ByteArrayOutputStream fresh) {
        int at = from;
        while (at < bytes.length && bytes[at] != ' ' && bytes[at] != '\n' && time.size() < MAX_TIME) {
            time.write(bytes[at++]);
        }
        if (at == bytes.length) {
            return at;
        }
        Instant read = bytes[at] == ' ' ? parse(time.toString(StandardCharsets.US_ASCII)) : null;
        if (read == null) {
            // No line of the log. It is passed on as it is, with the line before; but of a log that is asked for again
            // once its container is gone, all that comes is the kubelet's word that it has none.
            line = seeking || (again && place == null) ? Line.DROPPED : Line.PASSED;
            if (line == Line.PASSED) {
                text(time.toByteArray(), 0, time.size(), fresh);
            }
            time.reset();
            return at;
        }
        line(read, fresh);
        time.reset();
        return at + 1;
    }

    private static @Nullable Instant parse(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    /** A line begins. */
    private void line(Instant at, ByteArrayOutputStream fresh) {
        LogPlace before = place;
        if (seeking && before != null) {
            int order = at.compareTo(before.latest());
            if (order <= 0) {
                met(order, before);
                return;
            }
            // The place is gone: the log was rotated.
            seeking = false;
            missing.accept(before.latest(), at);
            if (before.inLine()) {
                fresh.write('\n');
            }
        }
        place = before == null ? LogPlace.first(at) : before.line(at);
        line = Line.PASSED;
        if (asked.timestamps()) {
            fresh.writeBytes(time.toByteArray());
            fresh.write(' ');
        }
    }

    /** A line that was passed on before; the last of them perhaps not to its end. */
    private void met(int order, LogPlace sought) {
        line = Line.DROPPED;
        if (order == 0) {
            metWithLatest++;
        } else if (metWithLatest == sought.withLatest()) {
            metBehind++;
        }
        if (metWithLatest == sought.withLatest() && metBehind == sought.behind()) {
            seeking = false;
            if (sought.inLine()) {
                line = Line.PASSED;
                toSkip = sought.bytesOfLine();
            }
        }
    }

    private int readText(byte[] bytes, int from, ByteArrayOutputStream fresh) {
        int end = from;
        while (end < bytes.length && bytes[end] != '\n') {
            end++;
        }
        boolean whole = end < bytes.length;
        int to = whole ? end + 1 : end;
        if (line == Line.PASSED) {
            int skipped = (int) Math.min(toSkip, end - from);
            toSkip -= skipped;
            text(bytes, from + skipped, to, fresh);
        }
        if (whole) {
            if (line == Line.PASSED && place != null) {
                place = place.endOfLine();
            }
            toSkip = 0;
            line = Line.TIME;
        }
        return to;
    }

    private void text(byte[] bytes, int from, int to, ByteArrayOutputStream fresh) {
        if (!seeking) {
            fresh.write(bytes, from, to - from);
            if (place != null) {
                place = place.text(to - from);
            }
        }
    }
}
