package io.clawpod.proxy.audit;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The meters of calls. Each is looked up once for its tags, since a registry's own look-up costs more than the count. */
final class Meters {
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

    /** What calls are told apart by. All but the group come from configuration or from small sets. */
    record Tags(String route, String group, String decision, String credential, String status, String end) {}

    private record Times(String name, String route, String group, String decision) {}

    private record Spent(String group, String kind) {}

    private final MeterRegistry registry;
    private final Map<Tags, Counter> calls = new ConcurrentHashMap<>();
    private final Map<Times, Timer> timers = new ConcurrentHashMap<>();
    private final Map<Spent, Counter> tokens = new ConcurrentHashMap<>();

    Meters(MeterRegistry registry) {
        this.registry = registry;
    }

    void ended(Tags tags, Duration took, @Nullable Duration firstByte) {
        calls.computeIfAbsent(tags, this::callCounter).increment();
        timer("clawpod.proxy.call", "Time from a call's head to its end", tags).record(took);
        if (firstByte != null) {
            timer("clawpod.proxy.first.byte", "Time from a call's head to the head of the upstream's answer", tags)
                    .record(firstByte);
        }
    }

    private Counter callCounter(Tags tags) {
        return Counter.builder("clawpod.proxy.calls")
                .description("Calls by their decision, the class of status that the client got, and their end")
                .tag("route", tags.route())
                .tag("group", tags.group())
                .tag("decision", tags.decision())
                .tag("credential", tags.credential())
                .tag("status", tags.status())
                .tag("end", tags.end())
                .register(registry);
    }

    private Timer timer(String name, String description, Tags tags) {
        return timers.computeIfAbsent(
                new Times(name, tags.route(), tags.group(), tags.decision()),
                key -> Timer.builder(name)
                        .description(description)
                        .tag("route", key.route())
                        .tag("group", key.group())
                        .tag("decision", key.decision())
                        .serviceLevelObjectives(BUCKETS)
                        .register(registry));
    }

    /** Counts tokens of a model that a group has spent. */
    void spent(String group, String kind, long count) {
        if (count > 0) {
            tokens.computeIfAbsent(
                            new Spent(group, kind),
                            key -> Counter.builder("clawpod.proxy.tokens")
                                    .description("Tokens that upstreams reported as used")
                                    .tag("group", key.group())
                                    .tag("kind", key.kind())
                                    .register(registry))
                    .increment((double) count);
        }
    }
}
