package io.clawpod.spawner.calls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.SecretText;
import io.clawpod.spawner.session.LastCalls.LastCall;
import io.clawpod.spawner.testing.TestClock;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ProxyCallsTest {
    private static final Instant AT = Instant.parse("2026-01-02T03:04:05Z");

    private final Vertx vertx = Vertx.vertx();
    private final TestClock clock = new TestClock();
    private volatile JsonObject answer = answer("one");
    private volatile String shown = "";
    private final HttpServer proxy = vertx.createHttpServer()
            .requestHandler(request -> {
                shown = request.method() + " " + request.uri() + " " + request.getHeader("authorization");
                request.response().end(answer.encode());
            })
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .join();
    private final ProxyCalls calls = calls(proxy.actualPort());

    private ProxyCalls calls(int port) {
        return new ProxyCalls(
                vertx,
                URI.create("http://127.0.0.1:" + port),
                () -> Optional.of(SecretText.of("token-of-ours")),
                clock);
    }

    @AfterEach
    void close() {
        calls.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private static JsonObject answer(String instance, JsonObject... pods) {
        return new JsonObject().put("instance", instance).put("pods", new JsonArray(List.of(pods)));
    }

    private static JsonObject pod(String uid, int allowed, int open, Instant lastAt) {
        return new JsonObject()
                .put("pod", uid)
                .put("allowed", allowed)
                .put("refused", 1)
                .put("open", open)
                .put("lastAt", lastAt.toString());
    }

    @Test
    void itShowsItsTokenAndKnowsWhoHasNotCalled() {
        assertFalse(calls.isFresh());
        calls.refresh(Set.of());

        assertEquals("GET /v1/calls Bearer token-of-ours", shown);
        assertTrue(calls.isFresh());
        assertEquals(Optional.empty(), calls.fault());
        assertEquals(Optional.empty(), calls.counts("a"));
        assertEquals(new LastCall.Never(), calls.of("a"));
    }

    @Test
    void aProxyThatWasReplacedKeepsItsCountsAndHasNothingOpen() {
        answer = answer("one", pod("a", 3, 1, AT));
        calls.refresh(Set.of());
        assertEquals(new LastCall.At(clock.instant()), calls.of("a"));

        answer = answer("two", pod("a", 2, 0, AT.plusSeconds(1)));
        calls.refresh(Set.of());

        assertEquals(5, calls.counts("a").orElseThrow().get("allowed"));
        assertEquals(2, calls.counts("a").orElseThrow().get("refused"));
        assertEquals(new LastCall.At(AT.plusSeconds(1)), calls.of("a"));
    }

    @Test
    void theSameProxyIsCountedOnce() {
        answer = answer("one", pod("a", 3, 0, AT));
        calls.refresh(Set.of());
        answer = answer("one", pod("a", 4, 0, AT));
        calls.refresh(Set.of());

        assertEquals(4, calls.counts("a").orElseThrow().get("allowed"));
    }

    @Test
    void whatCannotBeAskedIsSaidAndNoLongerFresh() {
        calls.refresh(Set.of());
        proxy.close().toCompletionStage().toCompletableFuture().join();
        clock.now = clock.now.plus(ProxyCalls.FRESH_FOR).plusSeconds(1);
        calls.refresh(Set.of());

        assertEquals(new LastCall.Unknown(), calls.of("a"));
        assertTrue(calls.fault().orElseThrow().contains("does not answer"));
    }

    @Test
    void anAnswerThatIsNoneIsAFault() {
        answer = new JsonObject().put("instance", "one").put("pods", new JsonArray().add(new JsonObject()));
        calls.refresh(Set.of());

        assertFalse(calls.isFresh());
    }

    @Test
    void aPodThatIsGoneIsForgottenAfterAWhile() {
        answer = answer("one", pod("a", 1, 0, clock.now));
        calls.refresh(Set.of());
        answer = answer("one");
        clock.now = clock.now.plus(ProxyCalls.REMEMBERED).plusSeconds(1);
        calls.refresh(Set.of("a"));
        assertEquals(1, calls.counts("a").orElseThrow().get("allowed"));

        calls.refresh(Set.of());

        assertEquals(Optional.empty(), calls.counts("a"));
    }

    @Test
    void atAnEndItAsksAgainUnlessNobodyHasJustAnswered() {
        answer = answer("one", pod("a", 1, 0, AT));
        calls.refresh(Set.of());
        answer = answer("one", pod("a", 2, 0, AT));

        assertEquals(1, calls.counts("a").orElseThrow().get("allowed"));
        assertEquals(2, calls.countsNow("a", Set.of()).orElseThrow().get("allowed"));

        answer = answer("one", new JsonObject());
        calls.refresh(Set.of());
        answer = answer("one", pod("a", 3, 0, AT));
        assertTrue(calls.fault().isPresent());
        assertEquals(2, calls.countsNow("a", Set.of()).orElseThrow().get("allowed"));
        clock.now = clock.now.plus(ProxyCalls.TRIED_AGAIN);
        assertEquals(3, calls.countsNow("a", Set.of()).orElseThrow().get("allowed"));
    }
}
