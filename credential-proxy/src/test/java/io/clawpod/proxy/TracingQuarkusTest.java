package io.clawpod.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.Labels;
import io.clawpod.proxy.identity.PodWatch;
import io.clawpod.proxy.identity.SessionKeys;
import io.clawpod.proxy.server.AgentServer;
import io.clawpod.proxy.testing.Agents;
import io.clawpod.proxy.testing.ReportedSpan;
import io.clawpod.proxy.testing.StubCollector;
import io.clawpod.proxy.testing.StubUpstream.Seen;
import io.clawpod.proxy.testing.Surroundings;
import io.fabric8.kubernetes.api.model.Pod;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.kubernetes.client.KubernetesServer;
import io.quarkus.test.kubernetes.client.KubernetesTestServer;
import io.quarkus.test.kubernetes.client.WithKubernetesTestServer;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a collector is told of calls, over the wire. */
@QuarkusTest
@WithKubernetesTestServer
@WithTestResource(Surroundings.class)
@WithTestResource(StubCollector.class)
@Timeout(60)
class TracingQuarkusTest {
    private static final String HERE = "127.0.0.1";
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String CALLER = "00f067aa0ba902b7";
    private static final String SAMPLED = "00-" + TRACE + "-" + CALLER + "-01";
    private static final String UNSAMPLED = "00-" + TRACE + "-" + CALLER + "-00";
    private static final String QUERY = "query-of-the-caller";
    private static final String STATE = "vendor=state-of-the-caller";

    @KubernetesTestServer
    KubernetesServer cluster;

    @Inject
    AgentServer server;

    @Inject
    PodWatch watch;

    @Inject
    SessionKeys keys;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Surroundings around = Surroundings.current();
    private final StubCollector collector = StubCollector.current();
    private Agents agents;
    private Pod pod;
    private String token = "";

    @BeforeEach
    void begin() {
        // Until then nobody is identified.
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> watch.fault() == null && keys.fault() == null);
        agents = new Agents(cluster.getClient());
        pod = agents.running(HERE);
        token = Agents.token(pod, around.key());
        around.upstream().forget();
        collector.forget();
    }

    @AfterEach
    void nothingIsToldButWhatIsOursToTell() {
        String bytes = collector.bytes();
        for (String secret : List.of(token, Surroundings.REAL_KEY, QUERY, "state-of-the-caller", "Java-http-client")) {
            assertFalse(bytes.contains(secret), secret);
        }
        for (String head : collector.heads()) {
            assertTrue(head.startsWith("POST /v1/traces "), head);
        }
    }

    private CompletableFuture<HttpResponse<InputStream>> send(String method, String target, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.port() + target + "?key=" + QUERY))
                .timeout(Duration.ofSeconds(20))
                .method(method, method.equals("POST") ? BodyPublishers.ofString("{}") : BodyPublishers.noBody());
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.sendAsync(request.build(), BodyHandlers.ofInputStream());
    }

    private static ReportedSpan of(int kind, List<ReportedSpan> spans) {
        List<ReportedSpan> found =
                spans.stream().filter(span -> span.kind() == kind).toList();
        assertEquals(1, found.size(), spans.toString());
        return found.get(0);
    }

    private Map<String, Object> told(Object... more) {
        Map<String, Object> all = new TreeMap<>(Map.of(
                "clawpod.group",
                "family",
                "clawpod.pod",
                pod.getMetadata().getName(),
                "clawpod.session",
                "3f2a9c1e/" + pod.getMetadata().getAnnotations().get(Labels.ANNOTATION_KEY),
                "url.scheme",
                "http"));
        for (int i = 0; i < more.length; i += 2) {
            all.put((String) more[i], more[i + 1]);
        }
        return all;
    }

    /** Without what is another for each call. */
    private static Map<String, Object> attributes(ReportedSpan span) {
        Map<String, Object> all = new TreeMap<>(span.attributes());
        assertEquals(16, ((String) all.remove("clawpod.call.id")).length());
        return all;
    }

    @Test
    void aCallIsASpanBelowTheCallersAndItsWayToTheUpstreamOneBelowThat() throws Exception {
        var answer = send("POST", "/v1/messages", "x-api-key", token, "traceparent", SAMPLED, "tracestate", STATE);
        Seen seen = around.upstream().next();
        seen.head(200, "text/event-stream");
        seen.event("{\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":10,"
                + "\"cache_read_input_tokens\":30,\"output_tokens\":1}}}");
        seen.event("{\"type\":\"message_delta\",\"usage\":{\"output_tokens\":20}}");
        seen.end();
        answer.get(10, TimeUnit.SECONDS).body().readAllBytes();

        List<ReportedSpan> spans = collector.await(2);
        ReportedSpan call = of(ReportedSpan.SERVER, spans);
        assertEquals(TRACE, call.trace());
        assertEquals(CALLER, call.parent());
        assertEquals("POST /", call.name());
        assertEquals(List.of("clawpod.first_byte"), call.events());
        assertEquals(0, call.status());
        assertEquals("io.clawpod.proxy", call.scope());
        assertEquals("credential-proxy", call.resource().get("service.name"));
        assertEquals(
                told(
                        "clawpod.credential", "anthropic",
                        "clawpod.decision", "allow",
                        "clawpod.end", "completed",
                        "clawpod.route", "anthropic",
                        "http.request.method", "POST",
                        "http.response.status_code", 200L,
                        "http.route", "/",
                        "url.path", "/v1/messages"),
                attributes(call));

        ReportedSpan upstream = of(ReportedSpan.CLIENT, spans);
        assertEquals(TRACE, upstream.trace());
        assertEquals(call.id(), upstream.parent());
        assertEquals("POST", upstream.name());
        assertEquals(0, upstream.status());
        assertEquals(
                Map.of(
                        "gen_ai.usage.input_tokens", 40L,
                        "gen_ai.usage.cache_creation.input_tokens", 0L,
                        "gen_ai.usage.cache_read.input_tokens", 30L,
                        "gen_ai.usage.output_tokens", 20L,
                        "http.request.method", "POST",
                        "http.response.status_code", 200L,
                        "server.address", HERE,
                        "server.port", (long) around.upstream().port()),
                upstream.attributes());
        assertEquals("00-" + TRACE + "-" + upstream.id() + "-01", seen.header("traceparent"));
        assertEquals(STATE, seen.header("tracestate"));
        assertEquals("", seen.header("baggage"));
    }

    @Test
    void aCallThatNoTraceOrAHostileOneIsNamedForBeginsOne() throws Exception {
        for (String parent : new String[] {"00-" + TRACE + "-0000000000000000-01", SAMPLED + "-more"}) {
            collector.forget();
            var answer = send("GET", "/x", "x-api-key", token, "traceparent", parent, "tracestate", STATE);
            Seen seen = around.upstream().next();
            seen.answer(200, "");
            assertEquals(200, answer.get(10, TimeUnit.SECONDS).statusCode());

            List<ReportedSpan> spans = collector.await(2);
            ReportedSpan call = of(ReportedSpan.SERVER, spans);
            ReportedSpan upstream = of(ReportedSpan.CLIENT, spans);
            assertEquals("", call.parent());
            assertNotEquals(TRACE, call.trace());
            assertEquals("00-" + call.trace() + "-" + upstream.id() + "-01", seen.header("traceparent"));
            assertEquals("", seen.header("tracestate"));
        }
    }

    @Test
    void aCallOfATraceThatIsNotSampledIsNoSpanAndGoesOnAsItCame() throws Exception {
        var answer = send("GET", "/x", "x-api-key", token, "traceparent", UNSAMPLED, "tracestate", STATE);
        Seen seen = around.upstream().next();
        assertEquals(UNSAMPLED, seen.header("traceparent"));
        assertEquals(STATE, seen.header("tracestate"));
        seen.answer(200, "");
        assertEquals(200, answer.get(10, TimeUnit.SECONDS).statusCode());

        // Spans are told in the order of their ends, so one of the first call would be here before the second's.
        assertEquals(401, send("GET", "/y").get(10, TimeUnit.SECONDS).statusCode());
        assertEquals(
                "/y", of(ReportedSpan.SERVER, collector.await(1)).attributes().get("url.path"));
    }

    @Test
    void aRefusedCallIsOneSpanAndNoError() throws Exception {
        assertEquals(
                403,
                send("POST", "/bare/read/a", "x-api-key", token)
                        .get(10, TimeUnit.SECONDS)
                        .statusCode());
        ReportedSpan call = of(ReportedSpan.SERVER, collector.await(1));
        assertEquals("POST /bare/", call.name());
        assertEquals(0, call.status());
        assertEquals(List.of(), call.events());
        assertEquals(
                told(
                        "clawpod.code", "forbidden",
                        "clawpod.decision", "refuse",
                        "clawpod.denied", "policy",
                        "clawpod.end", "refused",
                        "clawpod.route", "bare",
                        "http.request.method", "POST",
                        "http.response.status_code", 403L,
                        "http.route", "/bare/",
                        "url.path", "/bare/read/a"),
                attributes(call));
    }

    @Test
    void aPathIsCutLikeThatOfTheAuditLine() throws Exception {
        assertEquals(
                401,
                send("GET", "/" + "p".repeat(4_000)).get(10, TimeUnit.SECONDS).statusCode());
        assertEquals(
                "/" + "p".repeat(511),
                of(ReportedSpan.SERVER, collector.await(1)).attributes().get("url.path"));
    }

    @Test
    void ofACallerWhoIsNotKnownOnlyWhatItAskedForIsTold() throws Exception {
        assertEquals(
                401,
                send("GET", "/x", "x-api-key", "sk-ant-api03-someone")
                        .get(10, TimeUnit.SECONDS)
                        .statusCode());
        ReportedSpan call = of(ReportedSpan.SERVER, collector.await(1));
        assertEquals("GET", call.name());
        assertEquals(
                Map.of(
                        "clawpod.code", "unauthenticated",
                        "clawpod.decision", "refuse",
                        "clawpod.end", "refused",
                        "http.request.method", "GET",
                        "http.response.status_code", 401L,
                        "url.path", "/x",
                        "url.scheme", "http"),
                attributes(call));
        assertFalse(collector.bytes().contains("sk-ant-api03-someone"));
    }

    @Test
    void anUpstreamThatFailsIsAnErrorOfBothLegs() throws Exception {
        var answer = send("POST", "/x", "x-api-key", token);
        around.upstream().next().die();
        assertEquals(502, answer.get(10, TimeUnit.SECONDS).statusCode());
        List<ReportedSpan> spans = collector.await(2);
        for (int kind : new int[] {ReportedSpan.SERVER, ReportedSpan.CLIENT}) {
            assertEquals(ReportedSpan.ERROR, of(kind, spans).status());
            assertEquals("upstream-failed", of(kind, spans).attributes().get("error.type"));
        }
        assertEquals("failed", of(ReportedSpan.SERVER, spans).attributes().get("clawpod.end"));
    }

    @Test
    void anUpstreamsOwnErrorIsOneOfItsLegAlone() throws Exception {
        var answer = send("POST", "/x", "x-api-key", token);
        around.upstream().next().answer(429, "slow down");
        assertEquals(429, answer.get(10, TimeUnit.SECONDS).statusCode());
        List<ReportedSpan> spans = collector.await(2);
        assertEquals(0, of(ReportedSpan.SERVER, spans).status());
        assertEquals(ReportedSpan.ERROR, of(ReportedSpan.CLIENT, spans).status());
        assertEquals("429", of(ReportedSpan.CLIENT, spans).attributes().get("error.type"));
    }

    @Test
    void anAnswerThatBreaksOffOrIsCutSaysSo() throws Exception {
        for (String end : new String[] {"broken", "cut"}) {
            collector.forget();
            var answer = send("POST", "/v1/messages", "x-api-key", token);
            Seen seen = around.upstream().next().head(200, "text/event-stream").event("one");
            InputStream events = answer.get(10, TimeUnit.SECONDS).body();
            assertEquals('d', events.read());
            if (end.equals("cut")) {
                agents.phase(pod, "Failed");
            } else {
                seen.die();
            }
            assertThrows(IOException.class, events::readAllBytes);

            List<ReportedSpan> spans = collector.await(2);
            for (int kind : new int[] {ReportedSpan.SERVER, ReportedSpan.CLIENT}) {
                ReportedSpan span = of(kind, spans);
                assertEquals(ReportedSpan.ERROR, span.status());
                assertEquals(
                        end.equals("cut") ? "The caller's pod ended." : "The answer broke off.", span.description());
                assertEquals(end, span.attributes().get("error.type"));
                assertEquals(200L, span.attributes().get("http.response.status_code"));
            }
            assertEquals(end, of(ReportedSpan.SERVER, spans).attributes().get("clawpod.end"));
        }
    }

    @Test
    void callsGoOnWhileTheCollectorIsNotThereAndAreReportedAgainOnceItIs() throws Exception {
        collector.close();
        for (int i = 0; i < 50; i++) {
            var answer = send("GET", "/while-away", "x-api-key", token);
            around.upstream().next().answer(200, "");
            assertEquals(200, answer.get(10, TimeUnit.SECONDS).statusCode());
        }
        collector.listen();
        var answer = send("GET", "/back", "x-api-key", token);
        around.upstream().next().answer(200, "");
        assertEquals(200, answer.get(10, TimeUnit.SECONDS).statusCode());
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> collector.bytes().contains("/back"));
    }
}
