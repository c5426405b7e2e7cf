package io.clawpod.spawner.archive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.ArchiveTargets;
import io.clawpod.spawner.session.LogPlace;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionDetail;
import io.clawpod.spawner.session.SessionEvent;
import io.clawpod.spawner.session.SessionRecord;
import io.clawpod.spawner.session.SessionState;
import io.clawpod.spawner.session.Sessions.LogQuery;
import io.clawpod.spawner.testing.SampleSessions;
import io.clawpod.spawner.testing.TestClock;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.BackPressureStrategy;
import io.smallrye.mutiny.subscription.MultiEmitter;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One session on its way into the archive, step by step on one thread. */
final class RecordingTest {
    private static final String LINE = "2026-01-02T03:04:05.000000001Z hello\n";
    private static final Session PENDING = SampleSessions.running("k", "u");

    @TempDir
    @Nullable
    Path root;

    private final TestClock clock = new TestClock();
    private final Targets targets = new Targets();
    private final ArchiveTally tally = new ArchiveTally();
    private FullStore store = new FullStore(Path.of("/nonexistent"));
    private Recording recording = new Recording(recorder(), PENDING);

    /** A store that may be full. */
    private static final class FullStore implements Store {
        private final FolderStore inner;
        boolean full;

        FullStore(Path root) {
            inner = new FolderStore(root);
        }

        private void room() throws StoreFault {
            if (full) {
                throw new StoreFault(StoreFault.Kind.FULL, "no room", "make some", null);
            }
        }

        @Override
        public List<Entry> list(String folder) throws StoreFault {
            return inner.list(folder);
        }

        @Override
        public byte[] read(String path, long offset, int max) throws StoreFault {
            return inner.read(path, offset, max);
        }

        @Override
        public void write(String path, byte[] bytes) throws StoreFault {
            room();
            inner.write(path, bytes);
        }

        @Override
        public void append(String path, long length, byte[] bytes) throws StoreFault {
            room();
            inner.append(path, length, bytes);
        }

        @Override
        public void truncate(String path, long length) throws StoreFault {
            inner.truncate(path, length);
        }

        @Override
        public void delete(String path) throws StoreFault {
            inner.delete(path);
        }

        @Override
        public String place() {
            return "a store";
        }
    }

    private static final class Targets implements ArchiveTargets {
        final List<MultiEmitter<? super byte[]>> streams = new ArrayList<>();
        final List<Optional<LogPlace>> asked = new ArrayList<>();
        boolean none;

        @Override
        public List<Session> seen() {
            return List.of();
        }

        @Override
        public Multi<SessionEvent> changes() {
            return Multi.createFrom().nothing();
        }

        @Override
        public Uni<Multi<byte[]>> log(Session session, @Nullable LogPlace from, BiConsumer<Instant, Instant> missing) {
            asked.add(Optional.ofNullable(from));
            if (none) {
                return Uni.createFrom().failure(new Refusal(Problem.of(ErrorCode.LOGS_UNAVAILABLE, "not there")));
            }
            return Uni.createFrom().item(Multi.createFrom().<byte[]>emitter(streams::add, BackPressureStrategy.BUFFER));
        }

        @Override
        public @Nullable SessionDetail detail(Session session) {
            return null;
        }

        void writes(String text) {
            streams.get(streams.size() - 1).emit(text.getBytes(StandardCharsets.UTF_8));
        }

        void ends() {
            streams.get(streams.size() - 1).complete();
        }

        void breaks() {
            streams.get(streams.size() - 1).fail(new Refusal(Problem.of(ErrorCode.CLUSTER_UNAVAILABLE, "broken")));
        }
    }

    private Recorder recorder() {
        return new Recorder(
                targets,
                (uid, ended) -> Optional.of(new TreeMap<>(java.util.Map.of("allowed", 3L))),
                store,
                new Index(store, clock),
                new Storage(store, tally, clock, "test"),
                tally,
                new LogLimits(1 << 20, Duration.ofSeconds(10)),
                clock,
                Runnable::run,
                new AtomicLong(),
                () -> true);
    }

    @BeforeEach
    void mount() {
        store = new FullStore(Objects.requireNonNull(root));
        recording = new Recording(recorder(), PENDING);
        clock.now = Instant.parse("2026-01-02T03:04:10Z");
    }

    private static Session session(SessionState state, @Nullable Reason reason, @Nullable Integer exitCode) {
        boolean ended = state == SessionState.ENDED;
        return new Session(
                PENDING.key(),
                "g",
                null,
                state,
                reason,
                null,
                exitCode,
                null,
                PENDING.pod(),
                PENDING.image(),
                PENDING.specHash(),
                PENDING.createdAt(),
                PENDING.createdAt(),
                Instant.parse("2026-01-02T03:04:05Z"),
                ended ? Instant.parse("2026-01-02T03:04:09Z") : null,
                null,
                PENDING.signs(),
                0,
                new TreeMap<>(),
                PENDING.container());
    }

    private void runs() {
        recording.seen(session(SessionState.RUNNING, null, null));
    }

    private void ends() {
        recording.seen(session(SessionState.ENDED, Reason.COMPLETED, 0));
    }

    private SessionRecord record() throws StoreFault {
        return Objects.requireNonNull(new Index(store, clock).record(recording.folder()));
    }

    private String stored() throws StoreFault {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        LogReading.open(StoredLog.find(store, recording.folder()), new LogQuery(false, null, null, true)).stream(
                        Runnable::run)
                .collect()
                .asList()
                .await()
                .atMost(Duration.ofSeconds(20))
                .forEach(all::writeBytes);
        return all.toString(StandardCharsets.UTF_8);
    }

    private void after(Duration time) {
        clock.now = clock.now.plus(time);
        recording.wake();
    }

    @Test
    void aSessionIsFollowedAndItsLastWordKept() throws StoreFault {
        runs();
        assertFalse(record().ended());
        targets.writes(LINE);
        assertEquals("", stored());
        after(Duration.ofSeconds(10));
        assertEquals(LINE, stored());
        ends();
        targets.ends();
        assertTrue(recording.isDone());
        SessionRecord record = record();
        assertTrue(record.ended() && record.log().complete());
        assertEquals("completed", record.reason());
        assertEquals(0, record.exitCode());
        assertEquals(1, record.log().lines());
        assertEquals(java.util.Map.of("allowed", 3L), record.credentialCalls());
        assertNull(record.used());
    }

    @Test
    void aStreamThatEndsBeforeTheAgentIsTakenUpAgain() throws StoreFault {
        runs();
        targets.writes(LINE);
        targets.ends();
        assertEquals(1, targets.streams.size());
        after(Duration.ofSeconds(1));
        assertEquals(2, targets.streams.size());
        assertEquals(
                Instant.parse("2026-01-02T03:04:05.000000001Z"),
                targets.asked.get(1).orElseThrow().latest());
        targets.writes(LINE);
        ends();
        assertFalse(recording.isDone());
        targets.ends();
        assertTrue(recording.isDone());
        assertEquals(LINE + LINE, stored());
    }

    @Test
    void ofAPodThatGoesTheLogIsReadToItsEnd() throws StoreFault {
        runs();
        targets.writes(LINE);
        recording.gone(session(SessionState.STOPPING, Reason.STOPPED, null));
        assertFalse(recording.isDone());
        targets.writes(LINE);
        targets.ends();
        assertTrue(recording.isDone());
        assertTrue(record().log().complete());
        assertEquals("stopped", record().reason());
        assertEquals(clock.now, record().endedAt());
        assertEquals(LINE + LINE, stored());
    }

    @Test
    void theRecordIsNotLostBecauseTheLogIs() throws StoreFault {
        runs();
        targets.writes(LINE);
        recording.gone(session(SessionState.ENDED, Reason.ERROR, 2));
        targets.breaks();
        assertTrue(recording.isDone());
        assertFalse(record().log().complete());
        assertEquals(2, record().exitCode());
        assertEquals(LINE, stored());
    }

    @Test
    void oneThatNeverWroteHasARecordAllTheSame() throws StoreFault {
        targets.none = true;
        ends();
        assertTrue(recording.isDone());
        assertTrue(record().log().complete());
        assertEquals(0, record().log().bytes());
    }

    @Test
    void whenThereIsNoRoomNothingIsLostUntilThereIs() throws StoreFault {
        runs();
        store.full = true;
        targets.writes(LINE);
        after(Duration.ofSeconds(10));
        assertEquals(1, tally.failures(ArchiveTally.Operation.LOG));
        ends();
        targets.ends();
        after(Duration.ofMinutes(5));
        assertFalse(recording.isDone());
        store.full = false;
        after(Duration.ofSeconds(15));
        assertTrue(recording.isDone());
        assertEquals(LINE, stored());
        assertTrue(record().log().complete());
        assertEquals(0, tally.droppedBytes());
    }

    @Test
    void whatCannotBeStoredForTooLongIsDroppedAndCountedButTheRecordWaits() throws StoreFault {
        runs();
        store.full = true;
        targets.writes(LINE);
        recording.gone(session(SessionState.ENDED, Reason.COMPLETED, 0));
        targets.ends();
        after(Duration.ofMinutes(2));
        assertEquals(LINE.length(), tally.droppedBytes());
        assertFalse(recording.isDone());
        store.full = false;
        after(Duration.ofSeconds(15));
        assertTrue(recording.isDone());
        assertFalse(record().log().complete());
    }

    @Test
    void anotherProcessGoesOnWithWhatIsStored() throws StoreFault {
        runs();
        targets.writes(LINE);
        recording.stop(true);
        recording = new Recording(recorder(), PENDING);
        runs();
        assertEquals(1, targets.asked.get(1).orElseThrow().withLatest());
        targets.writes(LINE);
        ends();
        targets.ends();
        assertEquals(LINE + LINE, stored());
        assertEquals(2, record().log().lines());
        assertEquals(SessionKey.of("i", "k").key(), record().key());
    }
}
