package io.clawpod.proxy.exchange;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.http.WebSocketFrame;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A WebSocket between a server and a client that keep to RFC 6455, both Vert.x', which would rather use compression. */
@Timeout(60)
class WebSocketTest {
    private static final String STARS = "*".repeat(Between.KEY.length());
    private static final int BIG = 8 * 1024 * 1024;

    private final Vertx vertx = Vertx.vertx();
    private final BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    private volatile Consumer<ServerWebSocket> script = socket -> {};
    private final HttpServer upstream = vertx.createHttpServer(new HttpServerOptions()
                    .setHost("127.0.0.1")
                    .setPort(0)
                    .setPerMessageWebSocketCompressionSupported(true))
            // Not by a handler for WebSockets: Quarkus switches those off in a JVM where it has run before.
            .requestHandler(request -> request.toWebSocket().onSuccess(socket -> script.accept(socket)))
            .listen()
            .toCompletionStage()
            .toCompletableFuture()
            .join();
    private final Between between = new Between(upstream.actualPort());

    @AfterEach
    void close() {
        between.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private void connect(Consumer<ServerWebSocket> server, Consumer<WebSocket> client) {
        script = server;
        vertx.runOnContext(now -> vertx.createWebSocketClient(
                        new WebSocketClientOptions().setMaxMessageSize(2 * BIG).setTryUsePerMessageCompression(true))
                .connect(new WebSocketConnectOptions()
                        .setHost("127.0.0.1")
                        .setPort(between.port())
                        .setURI("/"))
                .onSuccess(client::accept)
                .onFailure(cause -> seen.add(cause.toString())));
    }

    private String next() throws InterruptedException {
        return String.valueOf(seen.poll(20, TimeUnit.SECONDS));
    }

    @Test
    void messagesPingsAndTheReasonOfACloseAreScrubbed() throws InterruptedException {
        connect(
                server -> {
                    server.writeTextMessage("{\"key\":\"" + Between.KEY + "\"}");
                    server.writeFrame(WebSocketFrame.textFrame("a " + Between.KEY.substring(0, 20), false));
                    server.writePing(Buffer.buffer("still there?"));
                    server.writeFrame(
                            WebSocketFrame.continuationFrame(Buffer.buffer(Between.KEY.substring(20) + " b"), true));
                    server.pongHandler(pong -> {
                        seen.add("server: pong " + pong);
                        server.close((short) 4001, "no more of " + Between.KEY);
                    });
                    server.closeHandler(closed -> seen.add("server: closed"));
                },
                client -> {
                    client.textMessageHandler(text -> seen.add("client: " + text));
                    client.closeHandler(closed ->
                            seen.add("client: closed " + client.closeStatusCode() + " " + client.closeReason()));
                });
        List<String> all = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            all.add(next());
        }
        assertEquals(
                List.of("client: {\"key\":\"" + STARS + "\"}", "client: a " + STARS + " b"),
                all.subList(0, 3).stream()
                        .filter(each -> each.startsWith("client"))
                        .toList());
        assertTrue(all.contains("server: pong still there?"), all.toString());
        assertTrue(all.contains("client: closed 4001 no more of " + STARS), all.toString());
        assertTrue(all.contains("server: closed"), all.toString());
        String line = between.line();
        assertTrue(line.endsWith("\"end\":\"completed\"}") || line.endsWith("\"end\":\"client-gone\"}"), line);
    }

    @Test
    void whatTheClientSendsArrivesAsItIsAndItsCloseCodeToo() throws InterruptedException {
        connect(
                server -> {
                    server.textMessageHandler(text -> {
                        seen.add("server: " + text);
                        server.writePing(Buffer.buffer("x"));
                    });
                    server.closeHandler(closed ->
                            seen.add("server: closed " + server.closeStatusCode() + " " + server.closeReason()));
                },
                client -> {
                    client.writeTextMessage(Between.KEY);
                    client.pongHandler(pong -> client.close((short) 4002, "done"));
                    client.writePing(Buffer.buffer("y"));
                });
        assertEquals("server: " + Between.KEY, next());
        assertEquals("server: closed 4002 done", next());
    }

    @Test
    void aGreatMessageIsHeldBackByASlowClientAndArrivesWhole() throws InterruptedException {
        byte[] plain = new byte[BIG];
        byte[] key = Between.KEY.getBytes(StandardCharsets.UTF_8);
        for (int at = 0; at + key.length <= BIG; at += 10_007) {
            System.arraycopy(key, 0, plain, at, key.length);
        }
        byte[] expected = plain.clone();
        for (int at = 0; at + key.length <= BIG; at += 10_007) {
            Arrays.fill(expected, at, at + key.length, (byte) '*');
        }
        Promise<WebSocket> slow = Promise.promise();
        BlockingQueue<Buffer> whole = new LinkedBlockingQueue<>();
        connect(
                server -> {
                    for (int at = 0; at < BIG; at += 1 << 16) {
                        Buffer part = Buffer.buffer(Arrays.copyOfRange(plain, at, at + (1 << 16)));
                        boolean last = at + (1 << 16) == BIG;
                        server.writeFrame(
                                at == 0
                                        ? WebSocketFrame.binaryFrame(part, last)
                                        : WebSocketFrame.continuationFrame(part, last));
                    }
                    // All of it waits in the server's queue, and in the proxy no more than it may take.
                    slow.future().onSuccess(client -> client.fetch(Long.MAX_VALUE));
                },
                client -> {
                    client.binaryMessageHandler(whole::add);
                    slow.complete(client.pause());
                });
        Buffer received = whole.poll(30, TimeUnit.SECONDS);
        assertEquals(crc(expected), received == null ? 0 : crc(received.getBytes()));
        assertArrayEquals(expected, received == null ? new byte[0] : received.getBytes());
    }

    private static long crc(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return crc.getValue();
    }
}
