package io.clawpod.proxy.exchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.proxy.audit.Trails;
import io.clawpod.proxy.testing.MovableClock;
import io.clawpod.proxy.testing.RawPeer;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OpenExchangesTest {
    private final Vertx vertx = Vertx.vertx();
    private final MovableClock clock = new MovableClock();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final OpenExchanges open = new OpenExchanges(meters, clock);

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
                            Trails.forgetful().begin("GET", "/", List.of()),
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

            open.cut("another", "ended", null);
            assertFalse(open.awaitNone(Duration.ofMillis(50)));
            Instant revoked = clock.instant();
            clock.advance(Duration.ofMillis(300));
            open.cut("uid", "revoked", revoked);
            assertTrue(open.awaitNone(Duration.ofSeconds(10)));
            assertTrue(peer.readAll().startsWith("HTTP/1.1 401 "));
        }
        assertEquals(0, meters.get("clawpod.proxy.streams.open").gauge().value());
        assertEquals(1, meters.get("clawpod.proxy.streams.cut").counter().count());
        assertEquals(1, delays("revoked").count());
        assertEquals(300, delays("revoked").totalTime(TimeUnit.MILLISECONDS));
    }

    @Test
    void theDelayIsCountedOnceForEachEndThatHasATime() {
        Instant ended = clock.instant();
        clock.advance(Duration.ofSeconds(2));
        open.cut("idle", "deleted", ended);
        open.cut("idle", "deleted", null);
        open.cut("unknown", "deleted", null);
        assertEquals(1, delays("deleted").count());
        assertEquals(2, delays("deleted").totalTime(TimeUnit.SECONDS));

        open.cut("ahead", "ended", clock.instant().plusSeconds(1));
        assertEquals(1, delays("ended").count());
        assertEquals(0, delays("ended").totalTime(TimeUnit.SECONDS));
    }

    private Timer delays(String cause) {
        return meters.get("clawpod.proxy.revocation").tag("cause", cause).timer();
    }
}
