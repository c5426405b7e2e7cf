package io.clawpod.spawner.docker.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.SessionKey;
import io.clawpod.spawner.docker.engine.MadeExecs.Made;
import io.clawpod.spawner.session.Processes.Exec;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How long a process beside an agent is known. */
final class MadeExecsTest {
    private static final Duration SHORT = MadeExecs.KEPT.minusMinutes(1);
    private static final Duration LONG = MadeExecs.KEPT.plusMinutes(1);

    private final AtomicLong nanos = new AtomicLong();
    private final MadeExecs execs = new MadeExecs(nanos::get);
    private final String id =
            execs.add(SessionKey.of("i", "k"), new Exec(List.of("cat"), true, true, true, false), List.of("cat"), null);

    private Made made() {
        return Objects.requireNonNull(execs.find(id));
    }

    private void passes(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Test
    void oneThatRunsIsKnownHoweverLongItTakesAndThenForAWhile() {
        Made made = made();
        assertTrue(execs.start(made));
        passes(LONG);
        assertTrue(made().running());
        passes(LONG);
        execs.end(made, 3);
        passes(SHORT);
        assertFalse(made().running());
        assertEquals(3, made().code());
        passes(LONG);
        assertNull(execs.find(id));
    }

    @Test
    void oneThatNobodyStartsIsForgotten() {
        passes(SHORT);
        assertNotNull(execs.find(id));
        passes(LONG);
        assertNull(execs.find(id));
    }

    @Test
    void oneIsStartedOnce() {
        assertTrue(execs.start(made()));
        assertFalse(execs.start(made()));
        execs.end(made(), 0);
        assertFalse(execs.start(made()));
    }
}
