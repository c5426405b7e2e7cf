package io.clawpod.proxy.tracing;

import io.clawpod.proxy.audit.Spans;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Provider;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Decides once, at the start, whether calls have spans. */
@Singleton
final class Tracing {
    private static final String SCOPE = "io.clawpod.proxy";

    @Produces
    @Singleton
    Spans spans(
            // A disabled SDK would still make spans, only to forget them.
            @ConfigProperty(name = "quarkus.otel.sdk.disabled") boolean disabled,
            Provider<OpenTelemetry> telemetry,
            MeterRegistry meters) {
        if (disabled) {
            return Spans.NONE;
        }
        // The SDK's queue drops in silence when it is full; what the collector has less than this is what was lost.
        Counter reported = Counter.builder("clawpod.proxy.spans")
                .description("Spans handed to the exporter's queue")
                .register(meters);
        return new SampledSpans(telemetry.get().getTracer(SCOPE), reported);
    }
}
