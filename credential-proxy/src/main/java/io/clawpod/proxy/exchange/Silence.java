package io.clawpod.proxy.exchange;

import io.vertx.core.Vertx;
import java.time.Duration;

/** Notices when nothing has been heard for too long. One timer a stream, not one a chunk. Confined to one event loop. */
final class Silence {
    private static final long NONE = -1;

    private final Vertx vertx;
    private final long limit;
    private final Runnable tooLong;
    private long last = System.nanoTime();
    private boolean excused;
    private long timer = NONE;

    private Silence(Vertx vertx, long limit, Runnable tooLong) {
        this.vertx = vertx;
        this.limit = limit;
        this.tooLong = tooLong;
    }

    /** Begins to listen, on the current event loop; {@code tooLong} is run at most once. Zero means no limit. */
    static Silence within(Vertx vertx, Duration limit, Runnable tooLong) {
        Silence silence = new Silence(vertx, limit.toNanos(), tooLong);
        if (!limit.isZero()) {
            silence.arm(limit.toNanos());
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
        if (timer != NONE) {
            vertx.cancelTimer(timer);
            timer = NONE;
        }
    }

    private void arm(long nanos) {
        timer = vertx.setTimer(Math.max(1, nanos / 1_000_000), fired -> {
            timer = NONE;
            long left = excused ? limit : limit - (System.nanoTime() - last);
            if (left > 0) {
                arm(left);
            } else {
                tooLong.run();
            }
        });
    }
}
