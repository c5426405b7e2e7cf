package io.clawpod.proxy.audit;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;

/** Gives tests of other packages a trail. */
public final class Trails {
    private Trails() {}

    public static Trail forgetful() {
        return new Trail(new SimpleMeterRegistry());
    }

    /** The line of a call that has ended, but for how long it took. */
    public static String line(Call call) {
        return call.line(java.util.Objects.requireNonNull(call.how()), java.time.Duration.ZERO);
    }
}
