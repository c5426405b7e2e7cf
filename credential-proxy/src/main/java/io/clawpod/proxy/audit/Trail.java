package io.clawpod.proxy.audit;

import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/** Begins calls and remembers their ends: one JSON line each, and the meters. */
@Singleton
public final class Trail {
    static final String CATEGORY = "io.clawpod.proxy.audit";

    private static final Logger LOG = Logger.getLogger(CATEGORY);

    private final AuditOutput output;
    private final Meters meters;
    private final Groups groups;
    private final Clock clock;
    private final Spans spans;
    private final PodCalls pods = new PodCalls();

    Trail(
            AuditOutput output,
            MeterRegistry meters,
            Clock clock,
            Spans spans,
            @ConfigProperty(name = "clawpod.metrics.max-groups") int maxGroups) {
        this.output = output;
        this.meters = new Meters(meters);
        this.groups = new Groups(maxGroups);
        this.clock = clock;
        this.spans = spans;
    }

    /**
     * Begins a call.
     *
     * @param path the path as the client sent it, without the query
     * @param traceparents the values of the request's traceparent headers
     */
    public Call begin(String method, String path, List<String> traceparents) {
        Trace asked = Trace.of(traceparents);
        CallSpan span = spans.begin(method, asked);
        return new Call(this, method, path, span.trace(asked), span);
    }

    /** What each pod has called. */
    public PodCalls pods() {
        return pods;
    }

    void identified(Call.Peer by) {
        pods.begun(by.podUid(), clock.instant());
    }

    void ended(Call call, End how, Duration took) {
        Instant now = clock.instant();
        // Who silences the category wants no lines; the meters go on.
        if (LOG.isInfoEnabled()) {
            output.write(call.line(how, took, now));
        }
        pods.ended(call, now);
        String group = groups.label(call.group());
        meters.ended(call.tags(group, how), took, call.firstByte());
        meters.spent(group, "input", call.usage().input());
        meters.spent(group, "output", call.usage().output());
        meters.spent(group, "cache-creation", call.usage().cacheCreation());
        meters.spent(group, "cache-read", call.usage().cacheRead());
    }
}
