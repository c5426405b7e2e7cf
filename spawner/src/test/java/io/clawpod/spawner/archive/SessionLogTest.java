package io.clawpod.spawner.archive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.spawner.session.LogPlace;
import io.clawpod.spawner.session.Sessions.LogQuery;
import io.clawpod.spawner.testing.TestClock;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A log on its way to the disk and back, torn, cut off, taken up again and rotated. */
final class SessionLogTest {
    private static final String FOLDER = "i/pod/uid";
    private static final LogLimits LIMITS = new LogLimits(1 << 20, Duration.ofSeconds(10));
    private static final String LINES = """
            2026-01-02T03:04:05.000000001Z first
            2026-01-02T03:04:05.900000000Z same
            2026-01-02T03:04:05.900000000Z same
            2026-01-02T03:04:05.800000000Z late
            2026-01-02T03:04:06.000000000Z \s
            2026-01-02T04:04:06.500000000+01:00 ümlaut ✓ with an offset
            unable to retrieve container logs for containerd://x
            2026-01-02T03:09:00.000000000Z 2026-01-02T03:04:05Z looks like a time
            """;
    private static final byte[] LOG = LINES.getBytes(StandardCharsets.UTF_8);

    @TempDir
    @Nullable
    Path root;

    private final TestClock clock = new TestClock();
    private final AtomicLong held = new AtomicLong();
    private Store store = new FolderStore(Path.of("/nonexistent"));

    @BeforeEach
    void mount() {
        store = new FolderStore(java.util.Objects.requireNonNull(root));
    }

    private SessionLog open(LogLimits limits) throws StoreFault {
        return SessionLog.open(store, FOLDER, limits, clock, held);
    }

    private SessionLog open() throws StoreFault {
        return open(LIMITS);
    }

    private String read(@Nullable Integer tail, @Nullable Instant since, boolean timestamps) throws StoreFault {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        LogReading.open(StoredLog.find(store, FOLDER), new LogQuery(false, tail, since, timestamps)).stream(
                        Runnable::run)
                .collect()
                .asList()
                .await()
                .atMost(Duration.ofSeconds(20))
                .forEach(all::writeBytes);
        return all.toString(StandardCharsets.UTF_8);
    }

    private String stored() throws StoreFault {
        return read(null, null, true);
    }

    @Test
    void whatIsStoredIsWhatWasTakenInWhateverPieces() throws StoreFault {
        for (int size = 1; size < 70; size++) {
            SessionLog log = SessionLog.open(store, "i/pod/u" + size, LIMITS, clock, held);
            for (int at = 0; at < LOG.length; at += size) {
                log.take(Arrays.copyOfRange(LOG, at, Math.min(LOG.length, at + size)));
                if (at % 3 == 0) {
                    log.flush();
                }
            }
            log.endOfStream();
            log.flush();
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            LogReading.open(StoredLog.find(store, "i/pod/u" + size), new LogQuery(false, null, null, true)).stream(
                            Runnable::run)
                    .collect()
                    .asList()
                    .await()
                    .atMost(Duration.ofSeconds(20))
                    .forEach(all::writeBytes);
            assertEquals(LINES, all.toString(StandardCharsets.UTF_8), "in pieces of " + size);
            assertEquals(LOG.length, log.totals().bytes());
            assertEquals(8, log.totals().lines());
            log.close();
        }
        assertEquals(0, held.get());
    }

    @Test
    void anyGunzipReadsIt() throws IOException {
        SessionLog log = open();
        for (byte each : LOG) {
            log.take(new byte[] {each});
            log.flush();
        }
        byte[] file = Files.readAllBytes(java.util.Objects.requireNonNull(root).resolve(FOLDER + "/log-000000.gz"));
        assertEquals(
                LINES,
                new String(new GZIPInputStream(new ByteArrayInputStream(file)).readAllBytes(), StandardCharsets.UTF_8));
    }

    /** The process is killed after it has taken so much, and stored so much of that. */
    @Test
    void anotherGoesOnWhereWhatIsStoredEnds() throws StoreFault {
        for (int killed = 0; killed <= LOG.length; killed++) {
            String folder = "i/pod/k" + killed;
            SessionLog first = SessionLog.open(store, folder, LIMITS, clock, held);
            first.take(Arrays.copyOf(LOG, killed / 2));
            first.flush();
            first.take(Arrays.copyOfRange(LOG, killed / 2, killed));

            SessionLog second = SessionLog.open(store, folder, LIMITS, clock, held);
            second.take(from(second.place()));
            second.endOfStream();
            second.flush();
            assertEquals(LINES.replace(UNTIMED, ""), all(folder).replace(UNTIMED, ""), "killed after " + killed);
        }
    }

    private static final String UNTIMED = "unable to retrieve container logs for containerd://x\n";

    private String all(String folder) throws StoreFault {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        LogReading.open(StoredLog.find(store, folder), new LogQuery(false, null, null, true)).stream(Runnable::run)
                .collect()
                .asList()
                .await()
                .atMost(Duration.ofSeconds(20))
                .forEach(all::writeBytes);
        return all.toString(StandardCharsets.UTF_8);
    }

    /** What a stream brings that is taken up at a place: all lines behind it, since none is cut here. */
    private static byte[] from(@Nullable LogPlace place) {
        StringBuilder rest = new StringBuilder();
        LogPlace at = null;
        LogPlace sought =
                place == null ? null : new LogPlace(place.latest(), place.withLatest(), place.behind(), false, 0);
        boolean passed = sought == null;
        for (String line : LINES.split("(?<=\n)", -1)) {
            Stamp stamp =
                    Stamp.read(line.getBytes(StandardCharsets.UTF_8), line.getBytes(StandardCharsets.UTF_8).length);
            if (passed) {
                rest.append(line);
            }
            if (stamp != null) {
                at = at == null ? LogPlace.first(stamp.time()) : at.line(stamp.time());
                passed = passed || at.endOfLine().equals(sought);
            }
        }
        return rest.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aTornEndIsCutOffAtEveryByte() throws IOException {
        SessionLog log = open();
        log.take(Arrays.copyOf(LOG, LINES.indexOf("2026-01-02T03:04:06")));
        log.flush();
        Path file = java.util.Objects.requireNonNull(root).resolve(FOLDER + "/log-000000.gz");
        long whole = Files.size(file);
        String kept = stored();
        log.take(Arrays.copyOfRange(LOG, LINES.indexOf("2026-01-02T03:04:06"), LOG.length));
        log.flush();
        byte[] both = Files.readAllBytes(file);
        for (int torn = (int) whole; torn < both.length; torn++) {
            Files.write(file, Arrays.copyOf(both, torn));
            assertEquals(kept, stored(), "torn after " + torn);
            SessionLog again = open();
            assertEquals(whole, Files.size(file), "torn after " + torn);
            assertEquals(4, again.totals().lines());
        }
        byte[] zeros = Arrays.copyOf(both, both.length);
        Arrays.fill(zeros, (int) whole + Member.HEAD, zeros.length, (byte) 0);
        Files.write(file, zeros);
        assertEquals(4, open().totals().lines());
        assertEquals(whole, Files.size(file));
    }

    @Test
    void aFileThatAnotherWroteIsNotWrittenOver() throws StoreFault {
        SessionLog one = open();
        one.take(LOG);
        one.flush();
        SessionLog other = open();
        one.take(LOG);
        other.take(LOG);
        other.flush();
        StoreFault fault = assertThrows(StoreFault.class, one::flush);
        assertEquals(StoreFault.Kind.CHANGED, fault.kind());
    }

    @Test
    void itIsRotatedAndReadAsOne() throws StoreFault {
        LogLimits small = new LogLimits(200, Duration.ofSeconds(10));
        StringBuilder expected = new StringBuilder();
        SessionLog log = open(small);
        for (int i = 0; i < 20; i++) {
            log.take(LOG);
            log.flush();
            expected.append(LINES);
        }
        assertEquals(20, log.segments());
        assertEquals(20, open(small).segments());
        assertEquals(expected.toString(), stored());
        store.delete(Paths.segment(FOLDER, 0));
        assertEquals(19, open(small).segments());
        assertEquals(expected.substring(LINES.length()), stored());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 7, 8, 9, 100})
    void theLastLinesAre(int tail) throws StoreFault {
        SessionLog log = open();
        for (int i = 0; i < LOG.length; i += 50) {
            log.take(Arrays.copyOfRange(LOG, i, Math.min(LOG.length, i + 50)));
            log.flush();
        }
        List<String> lines = LINES.lines().toList();
        String expected = String.join("\n", lines.subList(Math.max(0, lines.size() - tail), lines.size()));
        assertEquals(expected.isEmpty() ? "" : expected + "\n", read(tail, null, true));
        log.take("2026-01-02T03:09:01.000000000Z open".getBytes(StandardCharsets.UTF_8));
        log.endOfStream();
        log.flush();
        if (tail == 1) {
            assertEquals("open", read(1, null, false));
        }
    }

    @Test
    void timesAreTakenAwayAndWhatIsOlderLeftOut() throws StoreFault {
        SessionLog log = open();
        log.take(LOG);
        log.flush();
        assertTrue(read(null, null, false).startsWith("first\nsame\nsame\nlate\n"), read(null, null, false));
        assertEquals(
                "2026-01-02T03:04:05Z looks like a time\n", read(null, Instant.parse("2026-01-02T03:05:00Z"), false));
    }

    @Test
    void aLineMayBeOfAnyLengthAndIsTakenUpInItsMiddle() throws StoreFault {
        String text = "2026-01-02T03:04:05.000000001Z " + "x y ".repeat(200_000) + "\n";
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        SessionLog log = open();
        for (int at = 0; at < 500_000; at += 10_000) {
            log.take(Arrays.copyOfRange(bytes, at, at + 10_000));
        }
        log.flush();
        assertTrue(held.get() < 100_000, "held " + held.get());
        SessionLog again = open();
        LogPlace place = again.place();
        assertTrue(place != null && place.inLine() && place.bytesOfLine() > 400_000, "at " + place);
        int from = 31 + (int) place.bytesOfLine();
        again.take(Arrays.copyOfRange(bytes, from, bytes.length));
        again.flush();
        assertEquals(text, stored());
        assertEquals(1, again.totals().lines());
    }
}
