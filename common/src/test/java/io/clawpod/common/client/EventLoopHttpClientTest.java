package io.clawpod.common.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.WebSocket;
import io.fabric8.kubernetes.client.http.WebSocketHandshakeException;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EventLoopHttpClientTest {
    private static final int PATIENCE_S = 30;

    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client =
            new EventLoopHttpClient.Factory(vertx).newBuilder().build();
    private URI server;

    @BeforeEach
    void listen() throws Exception {
        HttpServer listening = vertx.createHttpServer()
                .requestHandler(EventLoopHttpClientTest::answer)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(PATIENCE_S, TimeUnit.SECONDS);
        server = URI.create("http://127.0.0.1:" + listening.actualPort());
    }

    @AfterEach
    void close() {
        client.close();
        vertx.close();
    }

    /** Its first message goes out with the handshake. */
    private static void answer(HttpServerRequest request) {
        switch (request.path()) {
            case "/watch" -> request.toWebSocket().onSuccess(socket -> socket.writeTextMessage("first"));
            case "/refused" -> request.response().setStatusCode(403).end();
            case "/half" -> request.response().setChunked(true).write("half");
            case "/cut" -> request.connection().close();
            default -> request.response().end("plain");
        }
    }

    private CompletableFuture<WebSocket> open(HttpClient client, String path, BlockingQueue<String> told) {
        return client.newWebSocketBuilder().uri(server.resolve(path)).buildAsync(new WebSocket.Listener() {
            @Override
            public void onMessage(WebSocket socket, String text) {
                told.add(text);
                socket.request();
            }
        });
    }

    /** A Vert.x whose clients give up their processor for a while when they have asked for a WebSocket. */
    private static Vertx pausing(Vertx vertx, long pauseMs) {
        return around(Vertx.class, vertx, made -> {
            if (made instanceof io.vertx.core.http.HttpClient client) {
                return around(io.vertx.core.http.HttpClient.class, client, asked -> {
                    pause(pauseMs);
                    return asked;
                });
            }
            return made;
        });
    }

    private static void pause(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static <T> T around(Class<T> type, T inner, UnaryOperator<Object> result) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    try {
                        return result.apply(method.invoke(inner, arguments));
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }

    @Test
    void whatComesWithTheHandshakeIsToldThoughTheAskingThreadLosesItsProcessor() throws Exception {
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        try (HttpClient pausing = new EventLoopHttpClient.Factory(pausing(vertx, 300))
                .newBuilder()
                .build()) {
            open(pausing, "/watch", told).get(PATIENCE_S, TimeUnit.SECONDS);
            assertEquals("first", told.poll(PATIENCE_S, TimeUnit.SECONDS));
        }
    }

    @Test
    void aRefusedHandshakeIsTold() {
        ExecutionException e = assertThrows(
                ExecutionException.class,
                () -> open(client, "/refused", new LinkedBlockingQueue<>()).get(PATIENCE_S, TimeUnit.SECONDS));
        WebSocketHandshakeException refused = assertInstanceOf(WebSocketHandshakeException.class, e.getCause());
        assertEquals(403, refused.getResponse().code());
    }

    @Test
    void aConnectionThatIsCutIsTold() {
        CompletableFuture<WebSocket> opened = open(client, "/cut", new LinkedBlockingQueue<>());
        assertThrows(ExecutionException.class, () -> opened.get(PATIENCE_S, TimeUnit.SECONDS));
    }

    @Test
    void aBodyThatDoesNotEndIsGivenUp() {
        ExecutionException e = assertThrows(
                ExecutionException.class,
                () -> client.sendAsync(
                                client.newHttpRequestBuilder()
                                        .uri(server.resolve("/half").toString())
                                        .timeout(500, TimeUnit.MILLISECONDS)
                                        .build(),
                                String.class)
                        .get(PATIENCE_S, TimeUnit.SECONDS));
        assertInstanceOf(IOException.class, e.getCause());
        assertEquals("the answer's body did not end within PT1.5S", e.getCause().getMessage());
    }

    @Test
    void aDerivedClientAsksAsItsOriginAndClosesWithIt() throws Exception {
        HttpClient derived =
                client.newBuilder().addOrReplaceInterceptor("none", null).build();
        String body = derived.sendAsync(
                        derived.newHttpRequestBuilder()
                                .uri(server.resolve("/plain").toString())
                                .build(),
                        String.class)
                .get(PATIENCE_S, TimeUnit.SECONDS)
                .body();
        assertEquals("plain", body);
        client.close();
        assertTrue(derived.isClosed());
    }
}
