package io.clawpod.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.CallsToken;
import io.clawpod.common.SigningKey;
import io.clawpod.proxy.audit.Spans;
import io.clawpod.proxy.exchange.OpenExchanges;
import io.clawpod.proxy.identity.PodWatch;
import io.clawpod.proxy.server.AgentServer;
import io.clawpod.proxy.testing.Agents;
import io.clawpod.proxy.testing.RawPeer;
import io.clawpod.proxy.testing.StubUpstream.Seen;
import io.clawpod.proxy.testing.Surroundings;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.kubernetes.client.KubernetesServer;
import io.quarkus.test.kubernetes.client.KubernetesTestServer;
import io.quarkus.test.kubernetes.client.WithKubernetesTestServer;
import io.vertx.core.json.JsonObject;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@QuarkusTest
@WithKubernetesTestServer
@WithTestResource(Surroundings.class)
@Timeout(60)
class ProxyQuarkusTest {
    private static final String HERE = "127.0.0.1";

    @KubernetesTestServer
    KubernetesServer cluster;

    @Inject
    AgentServer server;

    @Inject
    MeterRegistry meters;

    @Inject
    Spans spans;

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private final Surroundings around = Surroundings.current();
    private Agents agents;

    @Inject
    OpenExchanges open;

    @Inject
    PodWatch watch;

    @TestHTTPResource(value = "/", management = true)
    URI management;

    @BeforeEach
    void begin() throws InterruptedException {
        agents = new Agents(cluster.getClient());
        // What the test before left under way may still reach the upstream.
        open.awaitNone(Duration.ofSeconds(5));
        around.upstream().forget();
    }

    private String tokenOf(Pod pod) {
        return Agents.token(pod, around.key());
    }

    private HttpRequest.Builder request(String target) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + target))
                .timeout(Duration.ofSeconds(20));
    }

    private CompletableFuture<HttpResponse<InputStream>> messages(String token, BodyPublisher body) {
        return http.sendAsync(
                request("/v1/messages?beta=true&x=%7E%2f")
                        .header("x-api-key", token)
                        .POST(body)
                        .build(),
                BodyHandlers.ofInputStream());
    }

    private HttpResponse<String> get(String target, String token) throws Exception {
        return http.send(request(target).header("x-api-key", token).build(), BodyHandlers.ofString());
    }

    private static void assertProblem(int status, String code, HttpResponse<String> response) {
        assertEquals(status, response.statusCode(), response.body());
        assertEquals(
                "application/problem+json",
                response.headers().firstValue("content-type").orElse(""));
        JsonObject problem = new JsonObject(response.body());
        assertEquals(code, problem.getString("code"), response.body());
        assertEquals(16, problem.getString("id").length());
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
            line.append((char) c);
        }
        return line.toString();
    }

    @Test
    void anEventReachesTheAgentBeforeTheUpstreamSendsTheNext() throws Exception {
        String token = tokenOf(agents.running(HERE));
        byte[] prompt = new byte[120_000];
        Arrays.fill(prompt, (byte) 'p');
        var answer = messages(token, BodyPublishers.ofByteArray(prompt));

        Seen seen = around.upstream().next();
        assertArrayEquals(prompt, seen.body().getBytes());
        assertEquals("/base/v1/messages?beta=true&x=%7E%2f", seen.request().uri());
        assertEquals(Surroundings.REAL_KEY, seen.header("x-api-key"));
        assertEquals(HERE + ":" + around.upstream().port(), seen.header("host"));
        assertFalse(seen.request().headers().toString().contains(token));

        seen.head(200, "text/event-stream");
        HttpResponse<InputStream> response = answer.get(10, TimeUnit.SECONDS);
        assertEquals(200, response.statusCode());
        for (int i = 0; i < 3; i++) {
            seen.event("number " + i);
            assertEquals("data: number " + i, line(response.body()));
            assertEquals("", line(response.body()));
        }
        seen.end();
        assertEquals(-1, response.body().read());
    }

    @Test
    void noSpansAreMadeUnlessAnOperatorWantsThem() {
        assertSame(Spans.NONE, spans);
    }

    @Test
    void headWorks() throws Exception {
        String token = tokenOf(agents.running(HERE));
        var answer = http.sendAsync(
                request("/")
                        .header("authorization", "Bearer " + token)
                        .method("HEAD", BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofString());
        Seen seen = around.upstream().next();
        assertEquals("HEAD", seen.request().method().name());
        assertEquals("", seen.header("authorization"));
        seen.act(r -> r.response()
                .putHeader("content-length", "17")
                .putHeader("set-cookie", "a=b")
                .end());
        var response = answer.get(10, TimeUnit.SECONDS);
        assertEquals(200, response.statusCode());
        assertEquals("17", response.headers().firstValue("content-length").orElse(""));
        assertTrue(response.headers().firstValue("set-cookie").isEmpty());
    }

    @Test
    void whoHasNoTokenOfOursIsRefused() throws Exception {
        assertProblem(401, "unauthenticated", http.send(request("/v1/models").build(), BodyHandlers.ofString()));
        assertProblem(401, "unauthenticated", get("/v1/models", "sk-ant-api03-someone"));
        assertTrue(around.upstream().nothingSeen());
    }

    @Test
    void aTokenSignedByAnotherKeyIsRefused() throws Exception {
        Pod pod = agents.running(HERE);
        assertProblem(401, "unauthenticated", get("/", Agents.token(pod, SigningKey.generate())));
        assertTrue(around.upstream().nothingSeen());
    }

    @Test
    void aTokenBeyondItsTimeOrOfAnotherPodNameIsRefused() throws Exception {
        Pod pod = agents.running(HERE);
        String name = pod.getMetadata().getName();
        assertProblem(401, "unauthenticated", get("/", Agents.token(pod, around.key(), name, Duration.ofMinutes(-1))));
        assertProblem(401, "unauthenticated", get("/", Agents.token(pod, around.key(), "other", Duration.ofHours(1))));
        assertTrue(around.upstream().nothingSeen());
    }

    @Test
    void aNewKeyIsFetchedWhenATokenNamesIt() throws Exception {
        Pod pod = agents.running(HERE);
        around.rotate();
        // At most one fetch a second is made, and another test may just have caused one.
        Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            var answer = http.sendAsync(
                    request("/").header("x-api-key", tokenOf(pod)).build(), BodyHandlers.ofString());
            // One that is refused never comes to the upstream; any other waits for its answer.
            Awaitility.await().until(() -> answer.isDone() || !around.upstream().nothingSeen());
            assertFalse(answer.isDone(), () -> answer.join().body());
            around.upstream().next().answer(200, "hello");
            assertEquals("hello", answer.get(10, TimeUnit.SECONDS).body());
        });
    }

    @Test
    void aPodThatIsElsewhereIsRefused() throws Exception {
        Pod pod = agents.running("10.1.2.3");
        assertProblem(401, "unauthenticated", get("/", tokenOf(pod)));
        assertTrue(around.upstream().nothingSeen());
    }

    @Test
    void aPodThatHasEndedIsRefused() throws Exception {
        Pod pod = agents.running(HERE);
        String uid = pod.getMetadata().getUid();
        Awaitility.await().until(() -> watch.alive(uid));
        agents.phase(pod, "Succeeded");
        // A call that comes before the watch shows the end is let through, and cut.
        Awaitility.await().until(() -> !watch.alive(uid));
        assertProblem(401, "unauthenticated", get("/", tokenOf(pod)));
        agents.delete(pod);
        assertProblem(401, "unauthenticated", get("/", tokenOf(pod)));
        assertTrue(around.upstream().nothingSeen());
    }

    @Test
    void aCallThatComesBeforeThePodsAddressIsKnownWaitsForIt() throws Exception {
        Pod pod = agents.pending();
        var answer =
                http.sendAsync(request("/").header("x-api-key", tokenOf(pod)).build(), BodyHandlers.ofString());
        cluster.getClient()
                .pods()
                .inNamespace(Agents.NAMESPACE)
                .withName(pod.getMetadata().getName())
                .edit(now -> now.edit()
                        .editOrNewStatus()
                        .withPhase("Running")
                        .withPodIP(HERE)
                        .endStatus()
                        .build());
        around.upstream().next().answer(200, "hello");
        assertEquals("hello", answer.get(10, TimeUnit.SECONDS).body());
    }

    @Test
    void aStreamIsCutWhenItsPodEnds() throws Exception {
        Pod pod = agents.running(HERE);
        var answer = messages(tokenOf(pod), BodyPublishers.ofString("{}"));
        Seen seen = around.upstream().next().head(200, "text/event-stream").event("one");
        InputStream body = answer.get(10, TimeUnit.SECONDS).body();
        assertEquals("data: one", line(body));
        agents.phase(pod, "Failed");
        assertThrows(IOException.class, body::readAllBytes);
        seen.awaitGone();
    }

    @Test
    void aRevokedSessionIsCutAndRefusedWhileItsPodRuns() throws Exception {
        Pod pod = agents.running(HERE);
        String token = tokenOf(pod);
        var answer = messages(token, BodyPublishers.ofString("{}"));
        Seen seen = around.upstream().next().head(200, "text/event-stream").event("one");
        InputStream events = answer.get(10, TimeUnit.SECONDS).body();
        assertEquals("data: one", line(events));
        Timer delays =
                meters.get("clawpod.proxy.revocation").tag("cause", "revoked").timer();
        long before = delays.count();
        agents.revoke(pod, Instant.now());
        assertThrows(IOException.class, events::readAllBytes);
        seen.awaitGone();
        Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> delays.count() == before + 1);
        assertTrue(delays.max(TimeUnit.SECONDS) < 10, "" + delays.max(TimeUnit.SECONDS));
        var refused = get("/", token);
        assertProblem(401, "unauthenticated", refused);
        assertTrue(refused.body().contains("revoked"), refused.body());
    }

    private void expectReview(Pod pod, String account) {
        TokenReview answer = new TokenReviewBuilder()
                .withNewStatus()
                .withAuthenticated(true)
                .withAudiences("credential-proxy")
                .withNewUser()
                .withUsername("system:serviceaccount:" + Agents.NAMESPACE + ":" + account)
                .addToExtra(
                        "authentication.kubernetes.io/pod-name",
                        List.of(pod.getMetadata().getName()))
                .addToExtra(
                        "authentication.kubernetes.io/pod-uid",
                        List.of(pod.getMetadata().getUid()))
                .endUser()
                .endStatus()
                .build();
        cluster.getKubernetesMockServer()
                .expect()
                .post()
                .withPath("/apis/authentication.k8s.io/v1/tokenreviews")
                .andReturn(201, answer)
                .once();
    }

    @Test
    void anotherPodOfTheNamespaceCallsWithItsServiceAccountToken() throws Exception {
        Pod pod = agents.stray("tools-1", HERE);
        expectReview(pod, "tools");
        String token = Agents.accountToken("tools");
        for (int i = 0; i < 2; i++) {
            var answer = http.sendAsync(
                    request("/").header("authorization", "Bearer " + token).build(), BodyHandlers.ofString());
            Seen seen = around.upstream().next();
            assertEquals(Surroundings.REAL_KEY, seen.header("x-api-key"));
            assertEquals("", seen.header("authorization"));
            assertEquals(55, seen.header("traceparent").length());
            seen.answer(200, "");
            assertEquals(200, answer.get(10, TimeUnit.SECONDS).statusCode());
        }
        agents.delete(pod);
        // A call of a pod that is not there waits for it before it is refused.
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> {
            var answer = http.sendAsync(request("/").header("x-api-key", token).build(), BodyHandlers.ofString());
            Awaitility.await().until(() -> answer.isDone() || !around.upstream().nothingSeen());
            if (!answer.isDone()) {
                around.upstream().next().answer(200, "");
            }
            return answer.get(10, TimeUnit.SECONDS).statusCode() == 401;
        });
    }

    @Test
    void aServiceAccountTokenIsGoodFromItsOwnPodOnly() throws Exception {
        Pod pod = agents.stray("tools-2", "10.1.2.3");
        expectReview(pod, "elsewhere");
        assertProblem(401, "unauthenticated", get("/", Agents.accountToken("elsewhere")));
    }

    @Test
    void aTraceThatTheAgentBeganGoesOn() throws Exception {
        String trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        var answer = http.sendAsync(
                request("/")
                        .header("x-api-key", tokenOf(agents.running(HERE)))
                        .header("traceparent", trace)
                        .header("tracestate", "vendor=1")
                        .build(),
                BodyHandlers.ofString());
        Seen seen = around.upstream().next();
        assertEquals(trace, seen.header("traceparent"));
        assertEquals("vendor=1", seen.header("tracestate"));
        seen.answer(200, "");
        assertEquals(200, answer.get(10, TimeUnit.SECONDS).statusCode());
    }

    @Test
    void anUpstreamThatDiesWithinItsAnswerLeavesAVisiblyBrokenStream() throws Exception {
        var answer = messages(tokenOf(agents.running(HERE)), BodyPublishers.ofString("{}"));
        Seen seen = around.upstream().next().head(200, "text/event-stream").event("one");
        InputStream body = answer.get(10, TimeUnit.SECONDS).body();
        assertEquals("data: one", line(body));
        seen.die();
        assertThrows(IOException.class, body::readAllBytes);
    }

    @Test
    void anUpstreamThatDiesBeforeItsAnswerIsAProblem() throws Exception {
        var answer = http.sendAsync(
                request("/").header("x-api-key", tokenOf(agents.running(HERE))).build(), BodyHandlers.ofString());
        around.upstream().next().die();
        assertProblem(502, "upstream-failed", answer.get(10, TimeUnit.SECONDS));
    }

    @Test
    void anUpstreamThatIsNotThereIsAProblem() throws Exception {
        String token = tokenOf(agents.running(HERE));
        around.upstream().stop();
        try {
            assertProblem(502, "upstream-unreachable", get("/", token));
        } finally {
            around.upstream().restart();
        }
    }

    @Test
    void anAgentThatGoesAwayCancelsTheRequestUpstream() throws Exception {
        String token = tokenOf(agents.running(HERE));
        Seen seen;
        try (RawPeer peer = new RawPeer(server.port())) {
            peer.send("GET /v1/stream HTTP/1.1\r\nHost: proxy\r\nx-api-key: " + token + "\r\n\r\n");
            seen = around.upstream().next().head(200, "text/event-stream").event("one");
            peer.readTo("data: one");
        }
        seen.awaitGone();
    }

    @Test
    void anAgentThatGoesAwayBeforeTheAnswerCancelsTheRequestUpstream() throws Exception {
        String token = tokenOf(agents.running(HERE));
        Seen seen;
        try (RawPeer peer = new RawPeer(server.port())) {
            peer.send("POST / HTTP/1.1\r\nHost: proxy\r\nx-api-key: " + token + "\r\ncontent-length: 9\r\n\r\nhalf");
            seen = around.upstream().next();
        }
        seen.awaitGone();
    }

    @Test
    void anUploadIsHeldBackByASlowUpstreamAndArrivesWhole() throws Exception {
        String token = tokenOf(agents.running(HERE));
        byte[] chunk = new byte[64 * 1024];
        new Random(7).nextBytes(chunk);
        int chunks = 1024;
        AtomicLong taken = new AtomicLong();
        var answer = messages(token, BodyPublishers.ofInputStream(() -> new RepeatedChunks(chunk, chunks, taken)));
        Seen seen = around.upstream().next();
        // The upstream reads nothing: what the client got rid of lies in socket buffers and two write queues.
        Awaitility.await()
                .during(Duration.ofMillis(700))
                .atMost(Duration.ofSeconds(20))
                .until(new Stalled(taken)::now);
        assertTrue(taken.get() < 24L * 1024 * 1024, "taken while nobody read: " + taken);

        byte[] body = seen.body().getBytes();
        assertEquals(chunks * chunk.length, body.length);
        for (int i = 0; i < chunks; i++) {
            assertTrue(
                    Arrays.equals(chunk, 0, chunk.length, body, i * chunk.length, (i + 1) * chunk.length),
                    "chunk " + i);
        }
        seen.answer(200, "done");
        assertEquals("done", line(answer.get(20, TimeUnit.SECONDS).body()));
    }

    @Test
    void aDownloadIsHeldBackByASlowAgentAndArrivesWhole() throws Exception {
        String token = tokenOf(agents.running(HERE));
        byte[] chunk = new byte[64 * 1024];
        new Random(7).nextBytes(chunk);
        int chunks = 1024;
        AtomicLong written = new AtomicLong();
        try (RawPeer peer = new RawPeer(server.port())) {
            peer.send("GET /big HTTP/1.1\r\nHost: proxy\r\nConnection: close\r\nx-api-key: " + token + "\r\n\r\n");
            around.upstream().next().stream(chunk, chunks, written);
            Awaitility.await()
                    .during(Duration.ofMillis(700))
                    .atMost(Duration.ofSeconds(20))
                    .until(new Stalled(written)::now);
            assertTrue(written.get() < 24L * 1024 * 1024, "written while nobody read: " + written);

            peer.readTo("\r\n\r\n");
            byte[] body = peer.readAll().getBytes(StandardCharsets.ISO_8859_1);
            assertEquals(chunks * chunk.length, body.length);
            for (int i = 0; i < chunks; i++) {
                assertTrue(Arrays.equals(chunk, 0, chunk.length, body, i * chunk.length, (i + 1) * chunk.length));
            }
        }
    }

    private record Stalled(AtomicLong taken, AtomicLong before) {
        Stalled(AtomicLong taken) {
            this(taken, new AtomicLong(-1));
        }

        boolean now() {
            return before.getAndSet(taken.get()) == taken.get();
        }
    }

    private static final class RepeatedChunks extends InputStream {
        private final byte[] chunk;
        private final long length;
        private final AtomicLong taken;

        RepeatedChunks(byte[] chunk, int times, AtomicLong taken) {
            this.chunk = chunk;
            this.length = (long) chunk.length * times;
            this.taken = taken;
        }

        @Override
        public int read() {
            throw new UnsupportedOperationException("read by chunks");
        }

        @Override
        public int read(byte[] into, int offset, int wanted) {
            int at = (int) (taken.get() % chunk.length);
            int count = (int) Math.min(Math.min(wanted, chunk.length - at), length - taken.get());
            if (count == 0) {
                return -1;
            }
            System.arraycopy(chunk, at, into, offset, count);
            taken.addAndGet(count);
            return count;
        }
    }

    @Test
    void aCredentialThatIsSwappedOrGoneIsNoticed() throws Exception {
        String token = tokenOf(agents.running(HERE));
        Path key = around.credentialFolder().resolve("api-key");
        Path oauth = around.credentialFolder().resolve("oauth-token");
        try {
            Files.delete(key);
            Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> {
                var answer =
                        http.sendAsync(request("/").header("x-api-key", token).build(), BodyHandlers.ofString());
                Awaitility.await()
                        .until(() -> answer.isDone() || !around.upstream().nothingSeen());
                if (!answer.isDone()) {
                    around.upstream().next().answer(200, "");
                }
                return answer.get(10, TimeUnit.SECONDS).statusCode() == 503;
            });
            var refused = get("/", token);
            assertProblem(503, "credential-unavailable", refused);
            assertTrue(refused.body().contains(around.credentialFolder().toString()), refused.body());

            Files.writeString(oauth, "oat-real");
            Awaitility.await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
                var answer = http.sendAsync(
                        request("/")
                                .header("x-api-key", token)
                                .header("anthropic-beta", "tools-1")
                                .build(),
                        BodyHandlers.ofString());
                Awaitility.await()
                        .until(() -> answer.isDone() || !around.upstream().nothingSeen());
                assertFalse(answer.isDone());
                Seen seen = around.upstream().next();
                assertEquals("Bearer oat-real", seen.header("authorization"));
                assertEquals("", seen.header("x-api-key"));
                assertEquals("tools-1,oauth-2025-04-20", seen.header("anthropic-beta"));
                seen.answer(200, "");
                answer.get(10, TimeUnit.SECONDS);
            });
        } finally {
            Files.deleteIfExists(oauth);
            Files.writeString(key, Surroundings.REAL_KEY);
            Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> {
                var answer =
                        http.sendAsync(request("/").header("x-api-key", token).build(), BodyHandlers.ofString());
                Awaitility.await()
                        .until(() -> answer.isDone() || !around.upstream().nothingSeen());
                if (answer.isDone()) {
                    return false;
                }
                Seen seen = around.upstream().next();
                seen.answer(200, "");
                return seen.header("x-api-key").equals(Surroundings.REAL_KEY);
            });
        }
    }

    private HttpResponse<String> counts(String token) throws Exception {
        return http.send(
                HttpRequest.newBuilder(management.resolve("/v1/calls"))
                        .header("authorization", "Bearer " + token)
                        .build(),
                BodyHandlers.ofString());
    }

    @Test
    void theSpawnerAndNobodyElseLearnsWhatEachPodHasCalled() throws Exception {
        Pod pod = agents.running(HERE);
        CompletableFuture<HttpResponse<InputStream>> call = messages(tokenOf(pod), BodyPublishers.ofString("12345"));
        around.upstream().next().answer(200, "123");
        call.get(20, TimeUnit.SECONDS).body().readAllBytes();
        open.awaitNone(Duration.ofSeconds(5));
        String uid = pod.getMetadata().getUid();

        JsonObject told = new JsonObject(counts(CallsToken.sign("clawpod-spawner", Instant.now(), around.key())
                        .reveal())
                .body());

        JsonObject of = told.getJsonArray("pods").stream()
                .map(JsonObject.class::cast)
                .filter(each -> each.getString("pod").equals(uid))
                .findFirst()
                .orElseThrow();
        assertEquals(1, of.getInteger("allowed"));
        assertEquals(
                List.of(0, 0, 5, 3),
                List.of(
                        of.getInteger("open"),
                        of.getInteger("refused"),
                        of.getInteger("receivedBytes"),
                        of.getInteger("sentBytes")));
        assertEquals(
                told.getString("instance"),
                UUID.fromString(told.getString("instance")).toString());
        for (String wrong : List.of(
                tokenOf(pod),
                CallsToken.sign("clawpod-spawner", Instant.now(), SigningKey.generate())
                        .reveal())) {
            HttpResponse<String> refused = counts(wrong);
            assertEquals(401, refused.statusCode());
            assertEquals("unauthenticated", new JsonObject(refused.body()).getString("code"));
        }
    }
}
