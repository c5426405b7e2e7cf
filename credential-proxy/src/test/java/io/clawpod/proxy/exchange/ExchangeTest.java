package io.clawpod.proxy.exchange;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.proxy.route.Limits;
import io.clawpod.proxy.testing.RawPeer;
import io.clawpod.proxy.testing.RawUpstream;
import io.clawpod.proxy.testing.Received;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ExchangeTest {
    private static final String STARS = "*".repeat(Between.KEY.length());
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final Duration SHORT = Duration.ofMillis(300);

    private final RawUpstream upstream = new RawUpstream();
    private Between between = new Between(upstream.port());

    @AfterEach
    void close() throws IOException {
        between.close();
        upstream.close();
    }

    private void limit(Limits limits) {
        between.close();
        between = new Between(upstream.port(), limits);
    }

    private static String get(String target) {
        return "GET " + target + " HTTP/1.1\r\nHost: proxy\r\nConnection: close\r\n\r\n";
    }

    private static byte[] gzip(byte[] plain) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(plain);
        }
        return bytes.toByteArray();
    }

    /** Servers send deflate in zlib's frame (RFC 9110 section 8.4.1.2), and some without it. */
    private static byte[] deflate(byte[] plain, boolean bare) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, bare);
        try (DeflaterOutputStream out = new DeflaterOutputStream(bytes, deflater)) {
            out.write(plain);
        } finally {
            deflater.end();
        }
        return bytes.toByteArray();
    }

    private static String latin(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private Received answered(String target, String answer) throws Exception {
        try (RawPeer client = new RawPeer(between.port())) {
            client.send(get(target));
            try (RawUpstream.Peer peer = upstream.next()) {
                peer.head();
                peer.send(answer);
                return Received.parse(client.readAll(), false);
            }
        }
    }

    private void assertEnds(String how) throws InterruptedException {
        String line = between.line();
        assertTrue(line.endsWith("\"end\":\"" + how + "\"}"), line);
    }

    // ---- scrub

    @Test
    void theKeyIsTakenOutOfHeadersTrailersAndBody() throws Exception {
        String basic = Base64.getEncoder().encodeToString(("user:" + Between.KEY).getBytes(StandardCharsets.UTF_8));
        Received received = answered(
                "/",
                "HTTP/1.1 200 OK\r\nLocation: /?k=" + Between.KEY + "\r\nX-" + Between.KEY.replace('/', '-')
                        + ": kept\r\nX-Echo: Basic " + basic + "\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "24\r\n" + Between.KEY + "\r\n0\r\nX-Sum: " + Between.KEY + "\r\nContent-Length: 3\r\n\r\n");
        assertEquals("/?k=" + STARS, received.header("location"));
        assertTrue(received.header("x-echo").startsWith("Basic dXNlcj"), received.toString());
        assertTrue(received.header("x-echo").contains("*****"), received.toString());
        assertEquals(STARS, received.body());
        assertEquals(List.of("X-Sum: " + STARS), received.trailers());
        assertTrue(received.whole());
    }

    @Test
    void anEventIsPassedOnAtOnceThoughItsTextLooksLikeTheKeysBeginning() throws Exception {
        try (RawPeer client = new RawPeer(between.port())) {
            client.send(get("/"));
            try (RawUpstream.Peer peer = upstream.next()) {
                peer.head();
                peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: sk-ant-api03-\n\n");
                client.readTo("data: sk-ant-api03-\n\n");
                peer.send("data: sk-ant-api03-the/real");
                client.readTo("data: ");
                peer.send("+one-0123456789\n\n");
                client.readTo(STARS + "\n\n");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate", "deflate without zlib's frame"})
    void aCompressedBodyIsDecodedScrubbedAndSentPlain(String coding) throws Exception {
        byte[] plain = ("{\"echo\":\"" + Between.KEY + "\"}").getBytes(StandardCharsets.UTF_8);
        byte[] coded = coding.equals("gzip") ? gzip(plain) : deflate(plain, !coding.equals("deflate"));
        Received received = answered(
                "/",
                "HTTP/1.1 200 OK\r\nContent-Encoding: " + coding.split(" ", 2)[0]
                        + "\r\nETag: \"1\"\r\nContent-Length: " + coded.length + "\r\n\r\n" + latin(coded));
        assertEquals("{\"echo\":\"" + STARS + "\"}", received.body());
        assertEquals("", received.header("content-encoding") + received.header("etag"));
        assertTrue(received.whole());
    }

    @Test
    void aBombEndsItsStreamAndNoMore() throws Exception {
        byte[] gzip = gzip(new byte[40 * 1024 * 1024]);
        Received received = answered(
                "/",
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + gzip.length + "\r\n\r\n"
                        + latin(gzip));
        assertFalse(received.whole());
        assertTrue(
                received.body().length() <= 17 * 1024 * 1024,
                "let through: " + received.body().length());
        assertEnds("broken");
    }

    @Test
    void aCompressedBodyIsHeldBackByASlowClientAndArrivesWhole() throws Exception {
        byte[] plain = new byte[12 * 1024 * 1024];
        for (int i = 0; i < plain.length; i++) {
            plain[i] = (byte) ('a' + i % 7);
        }
        byte[] gzip = gzip(plain);
        try (RawPeer client = new RawPeer(between.port())) {
            client.send(get("/"));
            try (RawUpstream.Peer peer = upstream.next()) {
                peer.head();
                peer.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + gzip.length + "\r\n\r\n");
                peer.send(gzip);
                client.readTo("\r\n\r\n");
                String rest = client.readAll();
                Received received =
                        Received.parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + rest, false);
                assertTrue(received.whole());
                assertArrayEquals(plain, received.body().getBytes(StandardCharsets.ISO_8859_1));
            }
        }
    }

    @Test
    void aTokenEndpointsAnswerHasNoTokenLeft() throws Exception {
        String json = "{\"access_token\":\"sk-ant-oat01-new\",\"expires_in\":3600}";
        Received received = answered(
                "/v1/oauth/token",
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + json.length() + "\r\n\r\n"
                        + json);
        assertEquals("{\"access_token\":\"***\",\"expires_in\":3600}", received.body());
        assertTrue(received.whole());
        String line = between.line();
        assertTrue(line.contains("\"sent\":" + received.body().length() + ","), line);
        assertTrue(line.endsWith("\"end\":\"completed\"}"), line);
        byte[] gzip = gzip(json.getBytes(StandardCharsets.UTF_8));
        assertEquals(
                received.body(),
                answered(
                                "/v1/oauth/token",
                                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + gzip.length
                                        + "\r\n\r\n" + latin(gzip))
                        .body());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/oauth.v2.access?code=1", "/API//oauth.v2%2Eaccess;x"})
    void aPathThatTheRouteNamesIsATokenEndpointInEveryReading(String target) throws Exception {
        String json = "{\"ok\":true,\"authed_user\":{\"access_token\":\"xoxp-new\"}}";
        Received received = answered(target, "HTTP/1.1 200 OK\r\nContent-Length: " + json.length() + "\r\n\r\n" + json);
        assertEquals("{\"ok\":true,\"authed_user\":{\"access_token\":\"***\"}}", received.body());
    }

    @ParameterizedTest
    @ValueSource(strings = {"access_token=gho_new&scope=", "{\"access_token\":", "too long"})
    void aTokenEndpointsAnswerThatCannotBeJudgedIsRefused(String body) throws Exception {
        String sent = body.equals("too long") ? "[\"" + "x".repeat(100_000) + "\"]" : body;
        Received received = answered(
                "/login/oauth/access_token", "HTTP/1.1 200 OK\r\nContent-Length: " + sent.length() + "\r\n\r\n" + sent);
        assertEquals(502, received.status());
        assertFalse(received.body().contains("gho_new"));
        assertEnds("failed");
    }

    // ---- usage

    @Test
    void theTokensThatACallUsedAreOnItsLine() throws Exception {
        String json = "{\"usage\":{\"input_tokens\":25,\"output_tokens\":3,\"cache_read_input_tokens\":9}}";
        answered(
                "/v1/messages",
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + json.length() + "\r\n\r\n"
                        + json);
        String line = between.line();
        assertTrue(
                line.contains("\"inputTokens\":25,\"outputTokens\":3,\"cacheCreationTokens\":0,\"cacheReadTokens\":9,"),
                line);
    }

    // ---- limits

    @Test
    void aBodyThatIsDeclaredTooLongIsRefusedBeforeTheUpstreamIsAsked() throws Exception {
        limit(Between.limits(10, LONG, LONG));
        try (RawPeer client = new RawPeer(between.port())) {
            client.send("POST / HTTP/1.1\r\nHost: proxy\r\nContent-Length: 11\r\n\r\nhello world");
            Received received = Received.parse(client.readAll(), false);
            assertEquals(413, received.status());
            assertTrue(received.body().contains("body-too-large"), received.body());
        }
        assertTrue(upstream.nobody());
        assertEnds("refused");
    }

    @Test
    void aChunkedBodyThatBecomesTooLongIsRefusedAndItsRequestBrokenOff() throws Exception {
        limit(Between.limits(10, LONG, LONG));
        try (RawPeer client = new RawPeer(between.port())) {
            client.send("POST / HTTP/1.1\r\nHost: proxy\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
            try (RawUpstream.Peer peer = upstream.next()) {
                peer.readTo("hello");
                client.send("6\r\n world\r\n0\r\n\r\n");
                assertEquals(413, Received.parse(client.readAll(), false).status());
                peer.awaitGone();
            }
        }
        assertEnds("refused");
    }

    @Test
    void aBodyAsLongAsTheLimitPasses() throws Exception {
        limit(Between.limits(5, LONG, LONG));
        try (RawPeer client = new RawPeer(between.port())) {
            client.send(
                    "POST / HTTP/1.1\r\nHost: proxy\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
            try (RawUpstream.Peer peer = upstream.next()) {
                peer.readTo("0\r\n\r\n");
                peer.send("HTTP/1.1 204 No Content\r\n\r\n");
                assertEquals(204, Received.parse(client.readAll(), false).status());
            }
        }
    }

    @Test
    void anUpstreamThatDoesNotAnswerInTimeIsAProblem() throws Exception {
        limit(Between.limits(0, SHORT, LONG));
        try (RawPeer client = new RawPeer(between.port())) {
            client.send(get("/"));
            try (RawUpstream.Peer peer = upstream.next()) {
                peer.head();
                Received received = Received.parse(client.readAll(), false);
                assertEquals(504, received.status());
                assertTrue(received.body().contains("upstream-timeout"));
                peer.awaitGone();
            }
        }
        assertEnds("failed");
    }

    @Test
    void anUpstreamThatFallsSilentWithinItsAnswerBreaksTheStream() throws Exception {
        limit(Between.limits(0, LONG, SHORT));
        Received received = answered("/", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello");
        assertFalse(received.whole());
        assertEquals("hello", received.body());
        assertEnds("broken");
    }

    @Test
    void aBodyThatTricklesInIsRefused() throws Exception {
        try (RawPeer client = new RawPeer(between.port())) {
            client.send("POST / HTTP/1.1\r\nHost: proxy\r\nContent-Length: 99999\r\n\r\nh");
            try (RawUpstream.Peer peer = upstream.next()) {
                Received received = Received.parse(client.readAll(), false);
                assertEquals(408, received.status());
                peer.awaitGone();
            }
        }
        assertEnds("refused");
    }

    // ---- connections

    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD", "OPTIONS"})
    void aSafeRequestThatMeetsAConnectionJustClosedIsSentOnceMore(String method) throws Exception {
        String again = method + " /2 HTTP/1.1\r\nHost: proxy\r\nConnection: close\r\n\r\n";
        try (RawPeer client = new RawPeer(between.port());
                RawUpstream.Peer first = upstream.next(client, "GET /1 HTTP/1.1\r\nHost: proxy\r\n\r\n")) {
            first.head();
            first.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst");
            client.readTo("first");
            client.send(again);
            first.head();
            first.close();
            try (RawUpstream.Peer second = upstream.next()) {
                assertTrue(second.head().startsWith(method + " /2 "));
                second.send("HTTP/1.1 204 No Content\r\n\r\n");
                assertEquals(204, Received.parse(client.readAll(), false).status());
            }
        }
    }

    @Test
    void aRequestIsSentAgainOnlyOnceAndOneThatMayHaveBeenActedOnNever() throws Exception {
        try (RawPeer client = new RawPeer(between.port());
                RawUpstream.Peer first = upstream.next(client, "GET /1 HTTP/1.1\r\nHost: proxy\r\n\r\n")) {
            first.head();
            first.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst");
            client.readTo("first");
            client.send("DELETE /2 HTTP/1.1\r\nHost: proxy\r\n\r\n");
            first.head();
            first.close();
            assertEquals(502, Received.parse(client.readAll(), false).status());
            assertTrue(upstream.nobody());
        }
        try (RawPeer client = new RawPeer(between.port())) {
            client.send(get("/3"));
            upstream.next().close();
            assertEquals(502, Received.parse(client.readAll(), false).status());
            assertTrue(upstream.nobody(), "a new connection that is closed says that the upstream is broken");
        }
    }
}
