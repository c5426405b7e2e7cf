package io.clawpod.proxy.tracing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.proxy.audit.Call;
import io.clawpod.proxy.audit.CallSpan;
import io.clawpod.proxy.audit.End;
import io.clawpod.proxy.audit.Spans;
import io.clawpod.proxy.audit.Trails;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.semconv.ErrorAttributes;
import io.opentelemetry.semconv.HttpAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SampledSpansTest {
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final List<SpanData> told = new ArrayList<>();

    private final class Kept implements SpanExporter {
        @Override
        public CompletableResultCode export(Collection<SpanData> spans) {
            told.addAll(spans);
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode flush() {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode shutdown() {
            return CompletableResultCode.ofSuccess();
        }
    }

    private Spans spans(double ratio) {
        return new SampledSpans(
                SdkTracerProvider.builder()
                        .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(ratio)))
                        .addSpanProcessor(SimpleSpanProcessor.create(new Kept()))
                        .build()
                        .get("test"),
                new Backlog(Runnable::run, () -> 0, meters.counter("spans"), meters.counter("lost")));
    }

    private Call begin(String method, String... traceparents) {
        return Trails.telling(spans(1)).begin(method, "/", List.of(traceparents));
    }

    @Test
    void theAuditLineNamesTheTraceThatTheSpansAreIn() {
        Call call = begin("GET");
        call.calls("upstream", 443);
        call.end(End.COMPLETED);
        assertEquals(2, told.size());
        for (SpanData span : told) {
            assertTrue(Trails.line(call).contains("\"trace\":\"" + span.getTraceId() + "\""), Trails.line(call));
        }
        assertEquals(2, meters.counter("spans").count());
    }

    @Test
    void aRequestThatGoesOutAgainIsASpanOfItsOwn() {
        Call call = begin("GET");
        call.calls("upstream", 443);
        String first = call.traceparent();
        call.calls("upstream", 443);
        String second = call.traceparent();
        call.answered(200);
        call.end(End.COMPLETED);

        assertNotEquals(first, second);
        assertEquals(3, told.size());
        assertTrue(Objects.requireNonNull(first).contains(told.get(0).getSpanId()), first);
        assertEquals(StatusCode.ERROR, told.get(0).getStatus().getStatusCode());
        assertEquals("sent-again", told.get(0).getAttributes().get(ErrorAttributes.ERROR_TYPE));
        assertTrue(Objects.requireNonNull(second).contains(told.get(1).getSpanId()), second);
        assertEquals(StatusCode.UNSET, told.get(1).getStatus().getStatusCode());
        assertEquals(1L, told.get(1).getAttributes().get(HttpAttributes.HTTP_REQUEST_RESEND_COUNT));
        assertEquals(told.get(2).getSpanId(), told.get(0).getParentSpanId());
        assertEquals(told.get(2).getSpanId(), told.get(1).getParentSpanId());
    }

    @ParameterizedTest
    @CsvSource({"GET, GET, GET", "PROPFIND, HTTP, _OTHER", "sk-ant-1, HTTP, _OTHER", "-, HTTP, _OTHER"})
    void namesAreFewWhateverMethodACallerSends(String sent, String name, String method) {
        begin(sent).end(End.REFUSED);
        assertEquals(name, told.get(0).getName());
        assertEquals(method, told.get(0).getAttributes().get(HttpAttributes.HTTP_REQUEST_METHOD));
    }

    @ParameterizedTest
    @CsvSource({
        // end, problem's code, status of the client, status of the upstream, error of the client's leg, of the
        // upstream's
        "COMPLETED, , 200, 200, , ",
        "COMPLETED, , 404, 404, , 404",
        "COMPLETED, , 529, 529, 529, 529",
        "REFUSED, body-too-large, 413, 0, , body-too-large",
        "FAILED, upstream-timeout, 504, 0, upstream-timeout, upstream-timeout",
        "FAILED, upstream-failed, 502, 200, upstream-failed, ",
        "BROKEN, , 200, 200, broken, broken",
        "CUT, unauthenticated, 401, 0, cut, cut",
        "CLIENT_GONE, , 0, 0, , ",
    })
    void anErrorIsToldOfTheLegsThatHadIt(
            End end, String code, int status, int upstreamStatus, String ofServer, String ofClient) {
        Call call = begin("POST");
        call.calls("upstream", 443);
        if (upstreamStatus > 0) {
            call.answered(upstreamStatus);
        }
        if (code != null) {
            call.answered(status, code);
        }
        call.end(end);
        assertError(ofClient, told.get(0));
        assertError(ofServer, told.get(1));
    }

    private static void assertError(String type, SpanData span) {
        assertEquals(type, span.getAttributes().get(ErrorAttributes.ERROR_TYPE));
        assertEquals(
                type == null ? StatusCode.UNSET : StatusCode.ERROR,
                span.getStatus().getStatusCode());
    }

    @Test
    void aCallThatIsNotTakenIsLeftAsItWasWithoutSpans() {
        String unsampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
        Call called = begin("GET", unsampled);
        called.calls("upstream", 443);
        assertNull(called.traceparent());
        called.end(End.COMPLETED);

        Call call = Trails.telling(spans(0)).begin("GET", "/", List.of());
        call.calls("upstream", 443);
        assertEquals(call.trace().traceparent(), call.traceparent());
        assertTrue(call.trace().traceparent().endsWith("-00"));
        call.end(End.COMPLETED);
        assertEquals(List.of(), told);
        assertEquals(0, meters.counter("spans").count());
    }

    @Test
    void ofACallersFlagsOnlyThatItSamplesGoesOn() {
        Call call = begin("GET", "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff-more");
        call.calls("upstream", 443);
        String sent = Objects.requireNonNull(call.traceparent());
        assertTrue(sent.startsWith("00-4bf92f3577b34da6a3ce929d0e0e4736-"), sent);
        assertTrue(sent.endsWith("-01"), sent);
        assertFalse(sent.contains("00f067aa0ba902b7"), sent);
    }

    @Test
    void withoutSpansNothingIsKept() {
        assertEquals(CallSpan.NONE, Spans.NONE.begin("GET", begin("GET").trace()));
    }
}
