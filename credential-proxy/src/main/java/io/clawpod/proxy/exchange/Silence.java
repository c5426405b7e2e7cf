package io.clawpod.proxy.exchange;

import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import java.time.Duration;

/** Notices when nothing has been heard for too long. Confined to one event loop. */
final class Silence {
    private final ContextInternal context;
    private final long limit;
    private final Runnable tooLong;
    private final Silences among;
    private long last = System.nanoTime();
    private boolean excused;
    private boolean stopped;
    /** Where it stands in {@link Silences}, which alone uses it. */
    int place = Silences.NOWHERE;

    private Silence(ContextInternal context, long limit, Runnable tooLong) {
        this.context = context;
        this.limit = limit;
        this.tooLong = tooLong;
        this.among = Silences.on(context.nettyEventLoop());
    }

    /**
     * Begins to listen, on the current event loop; {@code tooLong} is run at most once, in the current context, and up to {@link
     * Silences#TICK} late. Zero means no limit.
     */
    static Silence within(Vertx vertx, Duration limit, Runnable tooLong) {
        Silence silence = new Silence((ContextInternal) vertx.getOrCreateContext(), limit.toNanos(), tooLong);
        if (!limit.isZero()) {
            silence.among.add(silence);
        }
        return silence;
    }

    void heard() {
        last = System.nanoTime();
    }

    /** While excused, silence is of our own making: we read nothing because the other side takes nothing. */
    void excuse(boolean now) {
        excused = now;
        heard();
    }

    void stop() {
        stopped = true;
        among.remove(this);
    }

    /** Whether it has lasted too long by {@code now}, of {@link System#nanoTime()}. */
    boolean over(long now) {
        return !excused && now - last >= limit;
    }

    /** Says that it has. */
    void tell() {
        context.runOnContext(now -> {
            if (!stopped) {
                tooLong.run();
            }
        });
    }
}
