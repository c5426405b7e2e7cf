package io.clawpod.proxy.audit;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.inject.Singleton;
import java.time.Duration;
import org.jboss.logging.Logger;

/** Begins calls and remembers their ends: one line in the log category {@code io.clawpod.proxy.audit}, and the meters. */
@Singleton
public final class Trail {
    private static final Logger LOG = Logger.getLogger("io.clawpod.proxy.audit");

    private static final Duration[] BUCKETS = {
        Duration.ofMillis(5),
        Duration.ofMillis(25),
        Duration.ofMillis(100),
        Duration.ofMillis(500),
        Duration.ofSeconds(2),
        Duration.ofSeconds(10),
        Duration.ofMinutes(1),
        Duration.ofMinutes(10)
    };

    private final MeterRegistry meters;

    Trail(MeterRegistry meters) {
        this.meters = meters;
    }

    /**
     * Begins a call.
     *
     * @param path the path as the client sent it, without the query
     */
    public Call begin(String method, String path) {
        return new Call(this, method, path);
    }

    void ended(Call call, End how, Duration took) {
        LOG.infof("call %s", call.line(how, took));
        Counter.builder("clawpod.proxy.calls")
                .description("Calls by decision, status given to the client, and end")
                .tag("decision", call.decision())
                .tag("status", Integer.toString(call.status()))
                .tag("end", how.label())
                .register(meters)
                .increment();
        Timer.builder("clawpod.proxy.call")
                .description("Time from a call's head to its end")
                .tag("decision", call.decision())
                .serviceLevelObjectives(BUCKETS)
                .register(meters)
                .record(took);
    }
}
