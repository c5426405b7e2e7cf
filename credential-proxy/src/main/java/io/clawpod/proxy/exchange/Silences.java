package io.clawpod.proxy.exchange;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.FastThreadLocal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The silences that are listened for on one event loop. All are looked at four times a second: to set a timer for each and to
 * cancel it cost more than the rest of its call's limits, and hardly any lasts. Confined to that event loop.
 */
final class Silences {
    /** How late a silence may be noticed. */
    static final Duration TICK = Duration.ofMillis(250);

    static final int NOWHERE = -1;

    private static final FastThreadLocal<Silences> OF_THREAD = new FastThreadLocal<>();

    private final EventExecutor loop;
    private final List<Silence> open = new ArrayList<>();
    private boolean ticking;

    private Silences(EventExecutor loop) {
        this.loop = loop;
    }

    /** Those of this event loop, which the caller is on. */
    static Silences on(EventExecutor loop) {
        if (!loop.inEventLoop()) {
            throw new IllegalStateException("not on the event loop");
        }
        Silences known = OF_THREAD.get();
        if (known == null) {
            known = new Silences(loop);
            OF_THREAD.set(known);
        }
        return known;
    }

    void add(Silence silence) {
        silence.place = open.size();
        open.add(silence);
        if (!ticking) {
            ticking = true;
            schedule();
        }
    }

    /** Forgets one, in any state. */
    void remove(Silence silence) {
        int place = silence.place;
        if (place != NOWHERE) {
            // The last one takes its place, so that none has to be looked for.
            Silence moved = open.remove(open.size() - 1);
            if (moved != silence) {
                open.set(place, moved);
                moved.place = place;
            }
            silence.place = NOWHERE;
        }
    }

    private void schedule() {
        Future<?> unused = loop.schedule(this::tick, TICK.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void tick() {
        long now = System.nanoTime();
        for (int i = open.size() - 1; i >= 0; i--) {
            Silence silence = open.get(i);
            if (silence.over(now)) {
                remove(silence);
                silence.tell();
            }
        }
        ticking = !open.isEmpty();
        if (ticking) {
            schedule();
        }
    }
}
