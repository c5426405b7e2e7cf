package io.clawpod.proxy.tracing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BacklogTest {
    private static final long SECOND = 1_000_000_000L;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Counter reported = meters.counter("reported");
    private final Counter lost = meters.counter("lost");
    private final AtomicLong clock = new AtomicLong();
    private final Deque<Runnable> flushes = new ArrayDeque<>();
    private final Backlog backlog = new Backlog(flushes::add, clock::get, reported, lost);
    private final Deque<String> lines = new ArrayDeque<>();
    private final Logger logger = Logger.getLogger(Backlog.class.getName());
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord line) {
            lines.add(line.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        logger.addHandler(handler);
    }

    @AfterEach
    void listenNoMore() {
        logger.removeHandler(handler);
    }

    private int take(int count) {
        int taken = 0;
        for (int i = 0; i < count; i++) {
            taken += backlog.take() ? 1 : 0;
        }
        return taken;
    }

    @Test
    void fewSpansAreLeftToTheSdksOwnSchedule() {
        assertEquals(Backlog.FLUSHED - 1, take(Backlog.FLUSHED - 1));
        assertTrue(flushes.isEmpty());
    }

    @Test
    void moreThanTheQueueHoldsAreLostAndCounted() {
        assertEquals(Backlog.MAX, take(Backlog.MAX + 7));
        assertEquals(Backlog.MAX, reported.count());
        assertEquals(7, lost.count());
        assertEquals(1, flushes.size(), "one flush at a time");
    }

    @Test
    void whatAFlushHasSentMakesRoomAgainAndTheNextOneFollows() {
        take(Backlog.MAX);
        assertFalse(backlog.take());
        // Begun when there were so many; the others came later, and may still be in the queue.
        flushes.remove().run();
        assertEquals(Backlog.FLUSHED, take(Backlog.MAX));
        flushes.remove().run();
        assertTrue(flushes.isEmpty());
        assertEquals(
                Backlog.MAX - (Backlog.FLUSHED - 1),
                take(Backlog.MAX),
                "those that came after the flush began still wait");
        assertTrue(lines.stream().noneMatch(line -> line.contains("answer")), lines.toString());
    }

    @Test
    void theLogSaysItOnceAMinuteHoweverManyAreLost() {
        take(Backlog.MAX + 100);
        clock.addAndGet(59 * SECOND);
        take(100);
        assertEquals(1, lines.size(), lines.toString());
        assertTrue(lines.remove().contains("fast enough"));
        clock.addAndGet(SECOND);
        take(100);
        assertEquals(1, lines.size(), lines.toString());
    }

    @Test
    void aCollectorThatDoesNotAnswerIsNamedEvenIfTheQueueHasRoom() {
        take(Backlog.FLUSHED);
        clock.addAndGet(Backlog.GIVEN_UP.toNanos());
        flushes.remove().run();
        assertEquals(1, lines.size(), lines.toString());
        assertTrue(lines.remove().contains("does not answer"));
        assertEquals(0, lost.count());

        take(Backlog.FLUSHED);
        clock.addAndGet(Backlog.GIVEN_UP.toNanos() - 1);
        flushes.remove().run();
        assertTrue(lines.isEmpty());
    }
}
