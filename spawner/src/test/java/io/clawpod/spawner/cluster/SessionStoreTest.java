package io.clawpod.spawner.cluster;

import static io.clawpod.spawner.testing.SampleSessions.pending;
import static io.clawpod.spawner.testing.SampleSessions.running;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionEvent;
import io.clawpod.spawner.session.SessionEvent.Changed;
import io.clawpod.spawner.session.SessionEvent.Removed;
import io.clawpod.spawner.session.SessionEvent.Resync;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SessionStoreTest {
    private static final SessionKey A = SessionKey.of("i", "a");

    private final SessionStore store = new SessionStore("epoch");

    private AssertSubscriber<SessionEvent> watch(@Nullable String lastSeen) {
        return store.watch(lastSeen).subscribe().withSubscriber(AssertSubscriber.create(Long.MAX_VALUE));
    }

    private AssertSubscriber<SessionEvent> watch() {
        return store.watch(null).subscribe().withSubscriber(AssertSubscriber.create(Long.MAX_VALUE));
    }

    @Test
    void whatWasWrittenIsReadBackBeforeTheWatchBringsIt() {
        store.putWritten(pending("a", "1"));
        assertEquals(pending("a", "1"), store.find(A));
        assertEquals(List.of(pending("a", "1")), store.all());
    }

    @Test
    void whatTheWatchSawIsNotOverwrittenByTheAnswerToAWrite() {
        store.put(running("a", "1"));
        store.putWritten(pending("a", "1"));
        assertEquals(running("a", "1"), store.find(A));
    }

    @Test
    void theWatchOverwritesWhatWasWritten() {
        store.putWritten(pending("a", "1"));
        store.put(running("a", "1"));
        assertEquals(running("a", "1"), store.find(A));
    }

    @Test
    void aPodThatIsGoneNeverComesBackByTheAnswerToItsWrite() {
        store.put(running("a", "1"));
        store.remove("1", null);
        store.putWritten(pending("a", "1"));
        assertNull(store.find(A));
        store.remove("2", null);
        store.putWritten(pending("a", "2"));
        assertNull(store.find(A));
        store.putWritten(pending("a", "3"));
        assertEquals(pending("a", "3"), store.find(A));
    }

    @Test
    void theEndOfAFormerPodLeavesTheSessionOfTheNewOne() {
        store.put(running("a", "1"));
        store.put(pending("a", "2"));
        AssertSubscriber<SessionEvent> reader = watch();
        store.remove("1", running("a", "1"));
        assertEquals(pending("a", "2"), store.find(A));
        assertEquals(1, reader.getItems().size());
    }

    @Test
    void sessionsComeInTheOrderOfTheirKeys() {
        List.of("c", "a", "b").forEach(key -> store.put(running(key, key)));
        assertEquals(
                List.of("a", "b", "c"),
                store.all().stream().map(session -> session.key().key()).toList());
    }

    @Test
    void sessionsAreCountedByState() {
        store.put(running("a", "1"));
        store.put(running("b", "2"));
        store.put(pending("c", "3"));
        assertEquals(Map.of("running", 2, "pending", 1), store.countByState());
    }

    @Test
    void aWatchBeginsWithAllSessionsThereAre() {
        store.put(running("b", "2"));
        store.put(running("a", "1"));
        AssertSubscriber<SessionEvent> reader = watch();
        assertEquals(List.of(new Resync("epoch-2", store.all())), reader.getItems());
    }

    @Test
    void eachChangeIsOneEvent() {
        AssertSubscriber<SessionEvent> reader = watch();
        store.put(pending("a", "1"));
        store.put(pending("a", "1"));
        store.putWritten(pending("a", "1"));
        store.put(running("a", "1"));
        store.remove("1", null);
        store.remove("1", null);
        assertEquals(
                List.of(
                        new Resync("epoch-0", List.of()),
                        new Changed("epoch-1", pending("a", "1")),
                        new Changed("epoch-2", running("a", "1")),
                        new Removed("epoch-3", running("a", "1"))),
                reader.getItems());
    }

    @Test
    void aRemovalShowsTheSessionAsItsPodWasLastSeen() {
        store.put(pending("a", "1"));
        AssertSubscriber<SessionEvent> reader = watch();
        store.remove("1", running("a", "1"));
        assertEquals(
                new Removed("epoch-2", running("a", "1")), reader.getItems().get(1));
    }

    @Test
    void aReaderThatComesBackGetsExactlyWhatItMissed() {
        store.put(pending("a", "1"));
        store.put(running("a", "1"));
        store.remove("1", null);
        AssertSubscriber<SessionEvent> reader = watch("epoch-1");
        store.put(pending("b", "2"));
        assertEquals(
                List.of(
                        new Changed("epoch-2", running("a", "1")),
                        new Removed("epoch-3", running("a", "1")),
                        new Changed("epoch-4", pending("b", "2"))),
                reader.getItems());
    }

    @Test
    void aReaderThatMissedNothingGetsNothing() {
        store.put(pending("a", "1"));
        assertEquals(List.of(), watch("epoch-1").getItems());
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(
            strings = {"", "epoch-", "epoch-x", "epoch-2", "epoch--1", "epoch-99999999999999999999", "other-1", "1"})
    void anIdThatIsNotKnownHereMeansAResync(@Nullable String lastSeen) {
        store.put(pending("a", "1"));
        assertEquals(
                List.of(new Resync("epoch-1", List.of(pending("a", "1")))),
                watch(lastSeen).getItems());
    }

    @Test
    void anIdThatIsTooOldMeansAResync() {
        for (int i = 0; i <= SessionStore.REMEMBERED_EVENTS; i++) {
            store.put(i % 2 == 0 ? pending("a", "1") : running("a", "1"));
        }
        assertEquals(SessionStore.REMEMBERED_EVENTS, watch("epoch-1").getItems().size());
        assertInstanceOf(Resync.class, watch("epoch-0").getItems().get(0));
    }

    @Test
    void aReaderThatIsTooSlowFailsAndIsDropped() {
        AssertSubscriber<SessionEvent> slow = store.watch(null).subscribe().withSubscriber(AssertSubscriber.create(0));
        AssertSubscriber<SessionEvent> quick = watch();
        int events = SessionStore.READER_BUFFER + 1;
        for (int i = 0; i < events; i++) {
            store.put(i % 2 == 0 ? pending("a", "1") : running("a", "1"));
        }
        slow.request(Long.MAX_VALUE);
        assertNotNull(slow.getFailure());
        assertTrue(slow.getItems().size() <= SessionStore.READER_BUFFER);
        assertEquals(events + 1, quick.getItems().size());
        quick.assertNotTerminated();
    }

    @Test
    void aReaderThatCancelsIsForgotten() {
        AssertSubscriber<SessionEvent> reader = watch();
        store.put(pending("a", "1"));
        reader.cancel();
        store.put(running("a", "1"));
        assertEquals(2, reader.getItems().size());
    }

    @Test
    void aReaderThatCancelsInTheMidstOfAnEventDisturbsNoOther() {
        AssertSubscriber<SessionEvent> first =
                store.watch(null).select().first(2).subscribe().withSubscriber(AssertSubscriber.create(Long.MAX_VALUE));
        AssertSubscriber<SessionEvent> second = watch();
        store.put(pending("a", "1"));
        store.put(running("a", "1"));
        first.assertCompleted();
        assertEquals(2, first.getItems().size());
        assertEquals(3, second.getItems().size());
    }

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void readersThatGoAwayWhileEventsComeNeverHoldUpTheWriter() throws Exception {
        ExecutorService leaving = Executors.newFixedThreadPool(2);
        AtomicBoolean going = new AtomicBoolean(true);
        try {
            List<Future<?>> readers = new ArrayList<>();
            for (int r = 0; r < 2; r++) {
                readers.add(leaving.submit(() -> {
                    while (going.get()) {
                        List<AssertSubscriber<SessionEvent>> some =
                                Stream.generate(this::watch).limit(20).toList();
                        some.forEach(AssertSubscriber::cancel);
                    }
                }));
            }
            for (int i = 0; i < 100_000; i++) {
                store.put(i % 2 == 0 ? pending("a", "1") : running("a", "1"));
            }
            going.set(false);
            for (Future<?> reader : readers) {
                reader.get();
            }
        } finally {
            leaving.shutdownNow();
        }
        AssertSubscriber<SessionEvent> reader = watch();
        store.remove("1", null);
        assertEquals(2, reader.getItems().size());
    }

    @Test
    void nothingFallsBetweenTheListAndTheChanges() throws Exception {
        ArrayDeque<AssertSubscriber<SessionEvent>> readers = new ArrayDeque<>();
        ExecutorService threads = Executors.newFixedThreadPool(3);
        CountDownLatch start = new CountDownLatch(1);
        try {
            List<Future<?>> writers = new ArrayList<>();
            for (int w = 0; w < 3; w++) {
                int writer = w;
                writers.add(threads.submit(() -> {
                    start.await();
                    write(writer);
                    return null;
                }));
            }
            start.countDown();
            while (!writers.stream().allMatch(Future::isDone)) {
                readers.add(watch());
                if (readers.size() > 20) {
                    AssertSubscriber<SessionEvent> oldest = readers.remove();
                    oldest.cancel();
                    assertFalse(replayed(oldest.getItems()).containsKey(A));
                }
            }
            for (Future<?> writer : writers) {
                writer.get(30, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
        assertFalse(store.all().isEmpty());
        for (AssertSubscriber<SessionEvent> reader : readers) {
            assertEquals(store.all(), List.copyOf(replayed(reader.getItems()).values()));
        }
    }

    private void write(int writer) {
        for (int i = 0; i < 2000; i++) {
            String key = "k" + (i * 7 + writer) % 11;
            String uid = writer + "-" + i;
            store.put(pending(key, uid));
            store.put(running(key, uid));
            if (i % 3 == 0) {
                store.remove(uid, null);
            }
        }
    }

    private static Map<SessionKey, Session> replayed(List<SessionEvent> events) {
        Map<SessionKey, Session> sessions = new TreeMap<>();
        long expected = -1;
        for (SessionEvent event : events) {
            long number = Long.parseLong(event.id().substring("epoch-".length()));
            assertTrue(expected < 0 || number == expected, "event " + number + " instead of " + expected);
            expected = number + 1;
            if (event instanceof Resync resync) {
                resync.sessions().forEach(session -> sessions.put(session.key(), session));
            } else if (event instanceof Changed changed) {
                sessions.put(changed.session().key(), changed.session());
            } else if (event instanceof Removed removed) {
                sessions.remove(removed.session().key());
            }
        }
        return sessions;
    }

    @Test
    void aSessionIsFollowedUntilItsPodIsGone() {
        store.put(pending("a", "1"));
        AssertSubscriber<Session> reader =
                store.follow(A).subscribe().withSubscriber(AssertSubscriber.create(Long.MAX_VALUE));
        store.put(running("b", "2"));
        store.put(running("a", "1"));
        store.remove("2", null);
        reader.assertNotTerminated();
        store.remove("1", null);
        reader.assertCompleted();
        assertEquals(List.of(pending("a", "1"), running("a", "1")), reader.getItems());
        store.put(running("a", "3"));
        assertEquals(2, reader.getItems().size());
    }

    @Test
    void aSessionThatIsNotThereIsFollowedToItsEndAtOnce() {
        store.put(running("b", "2"));
        AssertSubscriber<Session> reader =
                store.follow(A).subscribe().withSubscriber(AssertSubscriber.create(Long.MAX_VALUE));
        reader.assertCompleted();
        assertEquals(List.of(), reader.getItems());
    }
}
