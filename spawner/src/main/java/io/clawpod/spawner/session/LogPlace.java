package io.clawpod.spawner.session;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * A place in an agent's log, from which it can be read on although it was closed in between. Two streams of a container may
 * have their lines stored a little out of the order of their times, so the place is told by the line with the latest time and
 * by how many came behind it. Immutable.
 *
 * @param latest the greatest time of a line so far
 * @param withLatest how many lines with that time there were; at least 1
 * @param behind how many lines with an earlier time came after the last of those
 * @param inLine whether the last line has been read, but not to its end
 * @param bytesOfLine how much of the last line has been read, without its time
 */
public record LogPlace(Instant latest, int withLatest, int behind, boolean inLine, long bytesOfLine) {
    /** Behind the beginning of a log's first line. */
    public static LogPlace first(Instant at) {
        return new LogPlace(at, 1, 0, true, 0);
    }

    /**
     * The earliest line to ask for, to find this place again. Kubelets get times cut to seconds (API server, LogLocation) and
     * leave out what is older; a second more covers lines out of order.
     */
    public Instant from() {
        return latest.truncatedTo(ChronoUnit.SECONDS).minusSeconds(1);
    }

    /** A line with this time begins. */
    public LogPlace line(Instant at) {
        if (at.isAfter(latest)) {
            return first(at);
        }
        if (at.equals(latest)) {
            return new LogPlace(latest, withLatest + 1, 0, true, 0);
        }
        return new LogPlace(latest, withLatest, at.isBefore(from()) ? behind : behind + 1, true, 0);
    }

    /** More of the line has been read. */
    public LogPlace text(long bytes) {
        return new LogPlace(latest, withLatest, behind, inLine, bytesOfLine + bytes);
    }

    /** The line has been read to its end. */
    public LogPlace endOfLine() {
        return new LogPlace(latest, withLatest, behind, false, bytesOfLine);
    }
}
