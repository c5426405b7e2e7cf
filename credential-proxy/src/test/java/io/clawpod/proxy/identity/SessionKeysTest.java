package io.clawpod.proxy.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.clawpod.common.SigningKey;
import io.clawpod.proxy.testing.MovableClock;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SessionKeysTest {
    private final Vertx vertx = Vertx.vertx();
    private final MovableClock clock = new MovableClock();
    private final SigningKey key = SigningKey.generate();
    private final AtomicInteger fetches = new AtomicInteger();

    @AfterEach
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private SessionKeys keys(Handler<HttpServerRequest> answer) {
        int port = vertx.createHttpServer()
                .requestHandler(request -> {
                    fetches.incrementAndGet();
                    answer.handle(request);
                })
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join()
                .actualPort();
        return new SessionKeys(vertx, clock, "http://127.0.0.1:" + port + "/jwks");
    }

    private void serve(HttpServerRequest request) {
        request.response()
                .end(new JsonObject()
                        .put("keys", new JsonArray().add(new JsonObject(key.publicJwk())))
                        .encode());
    }

    private static void fetch(SessionKeys keys) {
        keys.refetch().toCompletionStage().toCompletableFuture().join();
    }

    private static String fault(SessionKeys keys) {
        fetch(keys);
        assertNull(keys.current());
        return Objects.requireNonNull(keys.fault()).replaceAll("http://127[^ ]*/jwks", "URL");
    }

    @Test
    void theKeysAreThoseOfTheSet() {
        SessionKeys keys = keys(this::serve);
        assertNotNull(keys.fault());
        fetch(keys);
        assertNull(keys.fault());
        assertEquals(Set.of(key.id()), Objects.requireNonNull(keys.current()).ids());
    }

    @Test
    void unknownKeysCannotMakeItFetchMoreThanOnceASecond() {
        SessionKeys keys = keys(this::serve);
        for (int i = 0; i < 20; i++) {
            fetch(keys);
        }
        assertEquals(1, fetches.get());
        clock.advance(Duration.ofSeconds(2));
        fetch(keys);
        assertEquals(2, fetches.get());
    }

    @Test
    void keysOutliveTheSpawnerForADay() {
        SessionKeys keys = keys(request -> {
            if (fetches.get() == 1) {
                serve(request);
            } else {
                request.connection().close();
            }
        });
        fetch(keys);
        clock.advance(Duration.ofHours(23));
        fetch(keys);
        assertNull(keys.fault());
        clock.advance(Duration.ofHours(2));
        assertNull(keys.current());
        assertNotNull(keys.fault());
    }

    @Test
    void whatIsNoKeySetIsRefusedWithItsReason() {
        assertEquals(
                "The session keys at URL answer with 302.",
                fault(keys(request -> request.response()
                        .setStatusCode(302)
                        .putHeader("location", "/other")
                        .end())));
        assertEquals(
                "The session keys at URL are not a JSON Web Key Set.",
                fault(keys(request -> request.response().end("<html>"))));
        assertEquals(
                "The session keys at URL hold no usable key.",
                fault(keys(request -> request.response().end("{\"keys\":[]}"))));
        assertEquals(
                "The session keys at URL are longer than 65536 bytes.",
                fault(keys(request -> request.response().end(" ".repeat(65_537)))));
        assertEquals(
                "The session keys cannot be fetched from URL.",
                fault(keys(request -> request.connection().close())));
    }

    @Test
    @Timeout(60)
    void aKeySetThatDoesNotEndIsGivenUp() {
        assertEquals(
                "The session keys cannot be fetched from URL.",
                fault(keys(request -> request.response().setChunked(true).write("{"))));
    }

    @Test
    void anAddressThatIsNoUrlIsSaidToBeNone() {
        SessionKeys keys = new SessionKeys(vertx, clock, "file:///etc/passwd");
        fetch(keys);
        assertEquals("The session keys at file:///etc/passwd have no http or https URL.", keys.fault());
    }
}
