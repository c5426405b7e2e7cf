package io.clawpod.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.clawpod.proxy.identity.PodWatch;
import io.clawpod.proxy.server.AgentServer;
import io.clawpod.proxy.testing.Agents;
import io.clawpod.proxy.testing.RawPeer;
import io.clawpod.proxy.testing.StubUpstream.Seen;
import io.clawpod.proxy.testing.Surroundings;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.kubernetes.client.KubernetesServer;
import io.quarkus.test.kubernetes.client.KubernetesTestServer;
import io.quarkus.test.kubernetes.client.WithKubernetesTestServer;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@WithKubernetesTestServer
@WithTestResource(Surroundings.class)
@Timeout(60)
class HostilePeersQuarkusTest {
    @KubernetesTestServer
    KubernetesServer cluster;

    @Inject
    AgentServer server;

    private final Surroundings around = Surroundings.current();

    @Inject
    PodWatch watch;

    @BeforeEach
    void forget() {
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> watch.fault() == null);
        around.upstream().forget();
    }

    private record Case(String name, String expected, String bytes) {
        static Case parse(String line) {
            String[] parts = line.split("\\|", 3);
            return new Case(parts[0].trim(), parts[1].trim(), parts[2].substring(1));
        }

        String request(String token) {
            return bytes.replace("\\r", "\r")
                    .replace("\\n", "\n")
                    .replace("\\t", "\t")
                    .replace("\\0", "\0")
                    .replace("\\x0b", "\u000b")
                    .replace("\\\\", "\\")
                    .replace("{T}", "Host: proxy\r\nx-api-key: " + token + "\r\n")
                    .replace("{K}", token)
                    .replace("{8K}", "a".repeat(8192));
        }
    }

    private static List<Case> cases() throws IOException {
        try (InputStream in =
                Objects.requireNonNull(HostilePeersQuarkusTest.class.getResourceAsStream("/requests/hostile.txt"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#") && !line.isBlank())
                    .map(Case::parse)
                    .toList();
        }
    }

    private String token() {
        return Agents.token(new Agents(cluster.getClient()).running("127.0.0.1"), around.key());
    }

    @TestFactory
    List<DynamicTest> everyRequestIsForwardedOrRefusedAsTheTableSays() throws IOException {
        String token = token();
        return cases().stream()
                .map(each -> dynamicTest(each.name(), () -> check(each, token)))
                .toList();
    }

    private void check(Case each, String token) throws Exception {
        around.upstream().forget();
        try (RawPeer peer = new RawPeer(server.port())) {
            peer.send(each.request(token));
            if (each.expected().equals("forwarded")) {
                around.upstream().next().answer(200, "hello");
                assertTrue(peer.readTo("hello").startsWith("HTTP/1.1 200 "));
                return;
            }
            // A refusal ends the connection, so nothing behind the request can be read as a request of its own.
            String answer = peer.readAll();
            assertTrue(answer.matches("(?s)HTTP/1\\.[01] " + each.expected() + " .*"), answer);
            assertTrue(answer.contains("application/problem+json"), answer);
            assertFalse(answer.contains(token), "the answer repeats the token");
            assertFalse(answer.contains("Exception") || answer.contains("io.netty"), answer);
            assertEquals(1, answer.split("HTTP/1\\.[01] ", -1).length - 1, answer);
            assertTrue(around.upstream().nothingSeen());
        }
    }

    @Test
    void noHeaderOfTheClientsOwnCredentialsOrHopsReachesTheUpstream() throws Exception {
        try (RawPeer peer = new RawPeer(server.port())) {
            peer.send("GET / HTTP/1.1\r\nHost: proxy\r\nProxy-Authorization: Bearer " + token()
                    + "\r\nX-API-Key: sk-mine\r\nx_api_key: sk-mine\r\nCookie: a=b\r\nApi-Key: mine\r\n"
                    + "X-Goog-Api-Key: mine\r\nAuthorization: Basic bWluZTptaW5l\r\nConnection: close, X-Secret, Anthropic-Version\r\n"
                    + "X-Secret: mine\r\nAnthropic-Version: 2023-06-01\r\nTE: trailers\r\nKeep-Alive: timeout=5\r\n"
                    + "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Anything: x\r\nForwarded: for=1.2.3.4\r\nVia: 1.1 me\r\n"
                    + "Anthropic-Beta: tools-1\r\nAccept-Encoding: br\r\n\r\n");
            Seen seen = around.upstream().next();
            assertEquals(
                    List.of("accept-encoding", "anthropic-beta", "host", "traceparent", "x-api-key"),
                    seen.request().headers().names().stream()
                            .map(name -> name.toLowerCase(java.util.Locale.ROOT))
                            .sorted()
                            .toList());
            assertEquals(Surroundings.REAL_KEY, seen.header("x-api-key"));
            seen.answer(200, "hello");
            assertTrue(peer.readAll().endsWith("hello"));
        }
    }

    @Test
    void aBadChunkWithinABodyNeverLooksLikeItsEnd() throws Exception {
        Seen seen;
        try (RawPeer peer = new RawPeer(server.port())) {
            peer.send("POST / HTTP/1.1\r\nHost: proxy\r\nx-api-key: " + token()
                    + "\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
            seen = around.upstream().next();
            peer.send("zz\r\n0\r\n\r\n");
            peer.readAll();
        }
        seen.awaitGone();
    }

    @Test
    void aClientThatAsksFirstIsToldToContinueOnlyOnceItIsIdentified() throws Exception {
        try (RawPeer peer = new RawPeer(server.port())) {
            peer.send("POST / HTTP/1.1\r\nHost: proxy\r\nx-api-key: " + token()
                    + "\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
            assertTrue(peer.readTo("\r\n\r\n").startsWith("HTTP/1.1 100 "));
            peer.send("hello");
            Seen seen = around.upstream().next();
            assertEquals("", seen.header("expect"));
            assertEquals("hello", seen.body().toString());
            seen.answer(200, "done");
            assertTrue(peer.readTo("done").startsWith("HTTP/1.1 200 "));
        }
        try (RawPeer peer = new RawPeer(server.port())) {
            peer.send("POST / HTTP/1.1\r\nHost: proxy\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
            assertTrue(peer.readTo("\r\n").startsWith("HTTP/1.1 401 "));
        }
    }

    @Test
    void twoRequestsOfOneConnectionAreAnsweredInOrder() throws Exception {
        try (RawPeer peer = new RawPeer(server.port())) {
            String get = "GET /1 HTTP/1.1\r\nHost: proxy\r\nx-api-key: " + token() + "\r\n\r\n";
            peer.send(get + get.replace("/1 ", "/2 "));
            Seen first = around.upstream().next();
            assertEquals("/base/1", first.request().uri());
            assertTrue(around.upstream().nothingSeen());
            first.answer(200, "first");
            peer.readTo("first");
            around.upstream().next().answer(200, "second");
            peer.readTo("second");
        }
    }

    @Test
    void anAnswerBeforeTheWholeRequestIsPassedOnAndEndsTheConnection() throws Exception {
        try (RawPeer peer = new RawPeer(server.port())) {
            peer.send(
                    "POST / HTTP/1.1\r\nHost: proxy\r\nx-api-key: " + token() + "\r\nContent-Length: 1000\r\n\r\nsome");
            around.upstream().next().answer(413, "too much");
            String answer = peer.readAll();
            assertTrue(answer.startsWith("HTTP/1.1 413 ") && answer.endsWith("too much"), answer);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "zz",
                "-1",
                "+3",
                "0x3",
                "3 ",
                " 3",
                "ffffffffffffffffff",
                "80000000",
                "3\u0000",
                "3\nabc",
                "",
                ";x",
                "3\r\nabcd"
            })
    void aChunkWhoseSizeIsNotASizeNeverLooksLikeABodysEnd(String size) throws Exception {
        Seen seen;
        try (RawPeer peer = new RawPeer(server.port())) {
            peer.send("POST / HTTP/1.1\r\nHost: proxy\r\nx-api-key: " + token()
                    + "\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
            seen = around.upstream().next();
            peer.send(size + "\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n");
            peer.readAll();
        }
        seen.awaitGone();
        assertTrue(around.upstream().nothingSeen());
    }

    @Test
    void aClientThatDoesNotFinishItsHeadIsClosed() throws Exception {
        try (RawPeer silent = new RawPeer(server.port());
                RawPeer slow = new RawPeer(server.port());
                RawPeer second = new RawPeer(server.port())) {
            String get = "GET / HTTP/1.1\r\nHost: proxy\r\nx-api-key: " + token() + "\r\n\r\n";
            slow.send("GET / HTTP/1.1\r\nX-A: ");
            second.send(get);
            around.upstream().next().answer(200, "hello");
            second.readTo("hello");
            second.send("GET");
            // A byte now and then does not help: the head has a deadline as a whole.
            long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> {
                try {
                    slow.send("a");
                    return false;
                } catch (IOException e) {
                    return true;
                }
            });
            assertTrue(System.nanoTime() < until);
            assertEquals("", silent.readAll());
            assertEquals("", second.readAll());
        }
        assertTrue(around.upstream().nothingSeen());
    }

    @Test
    void aConnectionBetweenRequestsAndOneWithALongAnswerAreNotClosed() throws Exception {
        try (RawPeer idle = new RawPeer(server.port());
                RawPeer streaming = new RawPeer(server.port())) {
            String get = "GET / HTTP/1.1\r\nHost: proxy\r\nx-api-key: " + token() + "\r\n\r\n";
            idle.send(get);
            around.upstream().next().answer(200, "hello");
            idle.readTo("hello");
            streaming.send(get);
            Seen seen = around.upstream().next().head(200, "text/event-stream").event("one");
            streaming.readTo("one");
            // A third connection is the clock: it is closed once the time for a head is over.
            try (RawPeer clock = new RawPeer(server.port())) {
                assertEquals("", clock.readAll());
            }
            seen.event("two").end();
            streaming.readTo("0\r\n\r\n");
            idle.send(get);
            around.upstream().next().answer(200, "again");
            idle.readTo("again");
        }
    }
}
