package io.clawpod.proxy.audit;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;

/** Gives tests of other packages a trail. */
public final class Trails {
    private Trails() {}

    public static Trail forgetful() {
        return telling(Spans.NONE);
    }

    public static Trail telling(Spans spans) {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        return new Trail(new AuditOutput(meters, OutputStream.nullOutputStream()), meters, Clock.systemUTC(), spans, 2);
    }

    /** The line of a call that has ended, but for how long it took. */
    public static String line(Call call) {
        return new String(
                        call.line(Objects.requireNonNull(call.how()), Duration.ZERO, Instant.EPOCH),
                        StandardCharsets.UTF_8)
                .stripTrailing();
    }
}
