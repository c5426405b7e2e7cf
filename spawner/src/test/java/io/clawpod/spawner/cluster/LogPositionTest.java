package io.clawpod.spawner.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.spawner.session.Sessions.LogQuery;
import io.clawpod.spawner.testing.RecordedLog;
import io.clawpod.spawner.testing.RecordedLog.Line;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A log that is broken off at every place there is, and taken up again. */
final class LogPositionTest {
    private static final Instant OPENED = Instant.parse("2026-01-02T03:00:00Z");

    /** Times that are the same, out of order, over the second, with an offset; lines that are empty or have no end. */
    private static final RecordedLog LOG = new RecordedLog(List.of(
            new Line("2026-01-02T03:04:05.000000001Z", "first\n"),
            new Line("2026-01-02T03:04:05.900000000Z", "same\n"),
            new Line("2026-01-02T03:04:05.900000000Z", "same\n"),
            new Line("2026-01-02T03:04:05.900000000Z", "same\n"),
            new Line("2026-01-02T03:04:05.800000000Z", "late\n"),
            new Line("2026-01-02T03:04:05.800000000Z", "late again, ümlaut ✓\n"),
            new Line("2026-01-02T03:04:06.000000000Z", "\n"),
            new Line("2026-01-02T03:04:05.950000000Z", "2026-01-02T03:04:05Z looks like a time\n"),
            new Line("2026-01-02T04:04:06.500000000+01:00", "with an offset\n"),
            new Line("2026-01-02T03:09:00.000000000Z", " indented " + "x".repeat(100) + "\n"),
            new Line("2026-01-02T03:09:00.000000001Z", "no end")));

    private static LogPosition position(boolean timestamps) {
        return new LogPosition(new LogQuery(true, null, null, timestamps), OPENED);
    }

    private static void serve(LogPosition position, byte[] bytes, int upTo, ByteArrayOutputStream seen) {
        position.begin();
        seen.writeBytes(position.take(Arrays.copyOf(bytes, upTo)));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void nothingIsLostOrRepeatedWhereverItBreaks(boolean timestamps) {
        byte[] whole = LOG.served(null, null);
        for (int cut = 0; cut <= whole.length; cut++) {
            LogPosition position = position(timestamps);
            ByteArrayOutputStream seen = new ByteArrayOutputStream();
            serve(position, whole, cut, seen);
            byte[] rest = LOG.served(position.query());
            serve(position, rest, rest.length, seen);
            assertEquals(LOG.text(timestamps), seen.toString(StandardCharsets.UTF_8), "cut after " + cut);
        }
    }

    @Test
    void norIfItBreaksAgainOnTheWayBack() {
        byte[] whole = LOG.served(null, null);
        for (int cut = 0; cut <= whole.length; cut += 3) {
            byte[] rest = LOG.served(resumed(whole, cut).query());
            for (int again = 0; again <= rest.length; again++) {
                LogPosition position = position(false);
                ByteArrayOutputStream seen = new ByteArrayOutputStream();
                serve(position, whole, cut, seen);
                serve(position, rest, again, seen);
                byte[] last = LOG.served(position.query());
                serve(position, last, last.length, seen);
                assertEquals(
                        LOG.text(false), seen.toString(StandardCharsets.UTF_8), "cut after " + cut + " and " + again);
            }
        }
    }

    private static LogPosition resumed(byte[] whole, int cut) {
        LogPosition position = position(false);
        serve(position, whole, cut, new ByteArrayOutputStream());
        return position;
    }

    @Test
    void chunksMayBeSplitAnywhere() {
        byte[] whole = LOG.served(null, null);
        for (int size = 1; size < 80; size++) {
            LogPosition position = position(false);
            position.begin();
            ByteArrayOutputStream seen = new ByteArrayOutputStream();
            for (int at = 0; at < whole.length; at += size) {
                seen.writeBytes(position.take(Arrays.copyOfRange(whole, at, Math.min(whole.length, at + size))));
            }
            assertEquals(LOG.text(false), seen.toString(StandardCharsets.UTF_8), "in pieces of " + size);
        }
    }

    @Test
    void aLongLineIsPassedOnAsItComes() {
        LogPosition position = position(false);
        position.begin();
        position.take("2026-01-02T03:04:05.000000001Z ".getBytes(StandardCharsets.US_ASCII));
        byte[] piece = new byte[1 << 16];
        Arrays.fill(piece, (byte) 'x');
        for (int i = 0; i < 100; i++) {
            assertEquals(piece.length, position.take(piece).length);
        }
    }

    @Test
    void ofALogThatWasRotatedAllIsNewAndACutLineGetsItsEnd() {
        byte[] whole = LOG.served(null, null);
        LogPosition position = position(false);
        ByteArrayOutputStream seen = new ByteArrayOutputStream();
        int inTheFirstLine = "2026-01-02T03:04:05.000000001Z fir".length();
        serve(position, whole, inTheFirstLine, seen);
        RecordedLog rotated = new RecordedLog(LOG.lines().subList(1, LOG.lines().size()));
        byte[] rest = rotated.served(position.query());
        serve(position, rest, rest.length, seen);
        assertEquals("fir\n" + rotated.text(false), seen.toString(StandardCharsets.UTF_8));
    }

    @Test
    void whatHasNoTimeIsPassedOnAsItIs() {
        for (String odd :
                List.of("no time\n", "unable to retrieve container logs", "\n\n", "2026-13-01T00:00:00Z x\n")) {
            LogPosition position = position(false);
            position.begin();
            String seen =
                    new String(position.take((odd + "\n").getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
            assertEquals(odd + "\n", seen);
        }
    }

    @Test
    void whatTheKubeletSaysInPlaceOfALogThatIsGoneIsNotOfTheLog() {
        byte[] gone = "unable to retrieve container logs for containerd://x\n".getBytes(StandardCharsets.UTF_8);
        LogPosition silent = position(false);
        silent.begin();
        silent.begin();
        assertEquals(0, silent.take(gone).length);
        LogPosition read = position(false);
        read.begin();
        assertEquals(2, read.take("2026-01-02T03:04:05.5Z x\n".getBytes(StandardCharsets.US_ASCII)).length);
        read.begin();
        assertEquals(0, read.take(gone).length);
        assertEquals(2, read.take("2026-01-02T03:04:06.5Z y\n".getBytes(StandardCharsets.US_ASCII)).length);
    }

    @Test
    void beforeTheFirstLineAllIsAskedForAnew() {
        Instant since = Instant.parse("2026-01-01T00:00:00Z");
        LogPosition some = new LogPosition(new LogQuery(true, 5, since, false), OPENED);
        LogQuery asked = new LogQuery(true, 5, since, true);
        assertEquals(asked, some.query());
        some.begin();
        some.take("2026-01-02T03".getBytes(StandardCharsets.US_ASCII));
        assertEquals(asked, some.query());
    }

    @Test
    void whoWantsOnlyWhatIsToComeMissesNothingOfIt() {
        LogPosition none = new LogPosition(new LogQuery(true, 0, null, false), OPENED);
        assertEquals(new LogQuery(true, 0, null, true), none.query());
        none.begin();
        assertEquals(new LogQuery(true, null, OPENED, true), none.query());
        none.begin();
        assertTrue(none.take("2026-01-02T03:04:05.5Z x\n".getBytes(StandardCharsets.US_ASCII)).length > 0);
        assertEquals(new LogQuery(true, null, Instant.parse("2026-01-02T03:04:04Z"), true), none.query());
    }
}
