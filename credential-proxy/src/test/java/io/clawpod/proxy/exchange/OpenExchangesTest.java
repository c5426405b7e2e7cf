package io.clawpod.proxy.exchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.proxy.audit.Trails;
import io.clawpod.proxy.testing.RawPeer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OpenExchangesTest {
    private final Vertx vertx = Vertx.vertx();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final OpenExchanges open = new OpenExchanges(meters);

    @AfterEach
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    /** Listens, and opens an exchange for each request, which waits for an upstream that is never asked. */
    private int listen(CompletableFuture<Exchange> opened) {
        return vertx.createHttpServer()
                .requestHandler(request -> {
                    Exchange[] made = new Exchange[1];
                    made[0] = new Exchange(
                            request.pause(),
                            vertx.getOrCreateContext(),
                            Trails.forgetful().begin("GET", "/"),
                            () -> open.remove("uid", made[0]));
                    open.add("uid", made[0]);
                    opened.complete(made[0]);
                })
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join()
                .actualPort();
    }

    @Test
    void anOpenExchangeIsWaitedForAndCountsUntilItIsCut() throws Exception {
        CompletableFuture<Exchange> opened = new CompletableFuture<>();
        assertTrue(open.awaitNone(Duration.ZERO));
        try (RawPeer peer = new RawPeer(listen(opened))) {
            peer.send("GET / HTTP/1.1\r\nHost: proxy\r\n\r\n");
            opened.get(10, TimeUnit.SECONDS);
            assertFalse(open.awaitNone(Duration.ofMillis(50)));
            assertEquals(1, meters.get("clawpod.proxy.streams.open").gauge().value());

            open.cut("another");
            assertFalse(open.awaitNone(Duration.ofMillis(50)));
            open.cut("uid");
            assertTrue(open.awaitNone(Duration.ofSeconds(10)));
            assertTrue(peer.readAll().startsWith("HTTP/1.1 401 "));
        }
        assertEquals(0, meters.get("clawpod.proxy.streams.open").gauge().value());
        assertEquals(1, meters.get("clawpod.proxy.streams.cut").counter().count());
    }
}
