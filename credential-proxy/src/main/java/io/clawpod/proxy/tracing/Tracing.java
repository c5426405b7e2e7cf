package io.clawpod.proxy.tracing;

import io.clawpod.proxy.audit.Spans;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
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
        // To flush is the one thing that the API cannot ask for.
        OpenTelemetrySdk sdk = (OpenTelemetrySdk) telemetry.get();
        Backlog backlog = new Backlog(
                tried -> sdk.getSdkTracerProvider().forceFlush().whenComplete(tried),
                System::nanoTime,
                Counter.builder("clawpod.proxy.spans")
                        .description("Spans that were put into the exporter's queue")
                        .register(meters),
                Counter.builder("clawpod.proxy.spans.lost")
                        .description("Spans that found the exporter's queue full")
                        .register(meters));
        return new SampledSpans(sdk.getTracer(SCOPE), backlog);
    }
}
