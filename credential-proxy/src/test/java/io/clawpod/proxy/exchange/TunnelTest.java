package io.clawpod.proxy.exchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.proxy.testing.RawPeer;
import io.clawpod.proxy.testing.RawUpstream;
import io.clawpod.proxy.testing.Received;
import java.io.IOException;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against an upstream on a bare socket, for what a well-behaved server never sends. */
@Timeout(60)
class TunnelTest {
    private static final String STARS = "*".repeat(Between.KEY.length());

    private final RawUpstream upstream = new RawUpstream();
    private Between between = new Between(upstream.port());

    @AfterEach
    void close() throws IOException {
        between.close();
        upstream.close();
    }

    private void assertEnds(String how) throws InterruptedException {
        String line = between.line();
        assertTrue(line.endsWith("\"end\":\"" + how + "\"}"), line);
    }

    private static final String HANDSHAKE = """
            GET /ws HTTP/1.1
            Host: proxy
            Connection: keep-alive, Upgrade
            Upgrade: websocket
            Authorization: Bearer mine
            X-Api-Key: mine
            Sec-WebSocket-Version: 13
            Sec-WebSocket-Protocol: chat, openai-insecure-api-key.mine
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==

            """.replace("\n", "\r\n");

    private static final String SWITCHING = """
            HTTP/1.1 101 Switching Protocols
            Upgrade: websocket
            Connection: Upgrade
            Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
            Sec-WebSocket-Protocol: chat

            """.replace("\n", "\r\n");

    @Test
    void aWebSocketIsRelayedBothWaysWithTheRealKeyInItsHandshake() throws Exception {
        try (RawPeer client = new RawPeer(between.port())) {
            client.send(HANDSHAKE);
            try (RawUpstream.Peer peer = upstream.next()) {
                String head = peer.head().toLowerCase(Locale.ROOT);
                assertTrue(head.contains("\r\nx-api-key: " + Between.KEY + "\r\n"), head);
                assertFalse(head.contains("mine"), head);
                assertTrue(head.contains("\r\nupgrade: websocket\r\n") && head.contains("\r\nconnection: upgrade\r\n"));
                assertTrue(head.contains("\r\nsec-websocket-protocol: chat\r\n"), head);
                // A frame may come in one packet with the answer.
                peer.send(SWITCHING + "\u0081\u0002hi");
                String answer = client.readTo("\u0081\u0002hi");
                assertTrue(answer.startsWith("HTTP/1.1 101 "), answer);
                assertTrue(answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), answer);
                client.send("\u0081\u0083\0\0\0\0abc");
                peer.readTo("\u0081\u0083\0\0\0\0abc");
                String close = "\u0088\u0002\u0003\u00f1";
                peer.send(close);
                client.readTo(close);
                peer.close();
                assertEquals("", client.readAll());
            }
        }
        String line = between.line();
        assertTrue(line.contains("\"status\":101,") && line.endsWith("\"end\":\"completed\"}"), line);
        assertTrue(line.contains("\"received\":9,\"sent\":8,"), line);
    }

    @Test
    void aWebSocketsClientThatGoesAwayAndOneThatIsCutCloseTheUpstreams() throws Exception {
        try (RawPeer client = new RawPeer(between.port())) {
            client.send(HANDSHAKE);
            try (RawUpstream.Peer peer = upstream.next()) {
                peer.head();
                peer.send(SWITCHING);
                client.readTo("\r\n\r\n");
                client.close();
                peer.awaitGone();
            }
        }
        assertEnds("client-gone");
        try (RawPeer client = new RawPeer(between.port())) {
            client.send(HANDSHAKE);
            try (RawUpstream.Peer peer = upstream.next()) {
                peer.head();
                peer.send(SWITCHING);
                client.readTo("\r\n\r\n");
                between.open.forEach(Exchange::cut);
                assertEquals("", client.readAll());
                peer.awaitGone();
            }
        }
        assertEnds("cut");
    }

    @Test
    void aWebSocketThatIsRefusedIsAnOrdinaryAnswer() throws Exception {
        try (RawPeer client = new RawPeer(between.port())) {
            client.send(HANDSHAKE);
            try (RawUpstream.Peer peer = upstream.next()) {
                peer.head();
                peer.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 36\r\n\r\n" + Between.KEY);
                Received received = Received.parse(client.readAll(), false);
                assertEquals(403, received.status());
                assertEquals(STARS, received.body());
                assertTrue(received.whole());
            }
        }
        assertEnds("completed");
    }

    private static String offering(String extension) {
        return HANDSHAKE.replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: " + extension + "\r\n\r\n");
    }

    private static String agreeing(String extension) {
        return SWITCHING.replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: " + extension + "\r\n\r\n");
    }

    @Test
    void extensionsAreNotOfferedToAnUpstreamAndNotTakenFromIt() throws Exception {
        try (RawPeer client = new RawPeer(between.port())) {
            client.send(offering("permessage-deflate; client_max_window_bits"));
            try (RawUpstream.Peer peer = upstream.next()) {
                String head = peer.head().toLowerCase(Locale.ROOT);
                assertFalse(head.contains("extensions"), head);
                peer.send(agreeing("permessage-deflate"));
                Received received = Received.parse(client.readAll(), false);
                assertEquals(502, received.status());
                assertTrue(received.body().contains("upstream-failed"), received.body());
                peer.awaitGone();
            }
        }
        assertEnds("failed");
    }

    @Test
    void withoutACredentialExtensionsAreBetweenTheTwoAndBytesPassAsTheyAre() throws Exception {
        between.close();
        between = Between.withoutCredential(upstream.port());
        try (RawPeer client = new RawPeer(between.port())) {
            client.send(offering("permessage-deflate"));
            try (RawUpstream.Peer peer = upstream.next()) {
                assertTrue(peer.head().contains("permessage-deflate"));
                peer.send(agreeing("permessage-deflate") + "\u00c1\u0002" + Between.KEY);
                assertTrue(client.readTo(Between.KEY).contains("\u00c1\u0002" + Between.KEY));
                peer.close();
                assertEquals("", client.readAll());
            }
        }
        assertEnds("completed");
    }

    @Test
    void aPingPassesWhileTheBeginningOfAKeyIsHeldBack() throws Exception {
        try (RawPeer client = new RawPeer(between.port())) {
            client.send(HANDSHAKE);
            try (RawUpstream.Peer peer = upstream.next()) {
                peer.head();
                peer.send(SWITCHING + "\u0001\nab" + Between.KEY.substring(0, 8) + "\u0089\u0001!");
                String sofar = client.readTo("\u0089\u0001!");
                assertTrue(sofar.endsWith("\r\n\r\n\u0001\u0002ab\u0089\u0001!"), sofar);
                String rest = Between.KEY.substring(8);
                peer.send("\u0080" + (char) rest.length() + rest);
                assertEquals("\u0080" + (char) Between.KEY.length() + STARS, client.readTo(STARS));
                peer.close();
            }
        }
        assertEnds("completed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"\u0081\u0083\0\0\0\0abc", "\u00c1\u0001a", "\u0083\0", "\u0080\0", "\u0009\0", "\u0089~\0~"})
    void whatIsNoFrameOfAServerBreaksTheTunnelAfterTheFramesBeforeIt(String frame) throws Exception {
        try (RawPeer client = new RawPeer(between.port())) {
            client.send(HANDSHAKE);
            try (RawUpstream.Peer peer = upstream.next()) {
                peer.head();
                peer.send(SWITCHING + "\u0081\u0002hi" + frame);
                String all = client.readAll();
                assertTrue(all.endsWith("\r\n\r\n\u0081\u0002hi"), all);
                peer.awaitGone();
            }
        }
        assertEnds("broken");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u0081\u0005hell", "\u0081", "\u0001\u0002he"})
    void anUpstreamThatClosesWithinAMessageHasBrokenOff(String begun) throws Exception {
        try (RawPeer client = new RawPeer(between.port())) {
            client.send(HANDSHAKE);
            try (RawUpstream.Peer peer = upstream.next()) {
                peer.head();
                peer.send(SWITCHING + begun);
                client.readTo("\r\n\r\n");
                peer.close();
                client.readAll();
            }
        }
        assertEnds("broken");
    }
}
