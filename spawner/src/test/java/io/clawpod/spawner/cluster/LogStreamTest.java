package io.clawpod.spawner.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.Sessions.LogQuery;
import io.clawpod.spawner.testing.SampleSessions;
import io.clawpod.spawner.testing.StreamServer;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A log as an API server serves it that may do anything. */
final class LogStreamTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Session.PodRef POD = SampleSessions.running("k", "u").pod();
    private static final LogQuery ALL = new LogQuery(false, null, null, false);

    private final StreamServer server = new StreamServer();
    private final KubernetesClient client = server.client();
    private final LogStream logs = new LogStream(client);

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    private Multi<byte[]> open() {
        return logs.open(POD, ALL).await().atMost(SOON);
    }

    private static String text(List<byte[]> pieces) {
        StringBuilder text = new StringBuilder();
        pieces.forEach(piece -> text.append(new String(piece, StandardCharsets.UTF_8)));
        return text.toString();
    }

    @Test
    void theEndOfALogIsNeverLostToAReaderOnAnotherThread() {
        int rounds = 200;
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            all.append("line ").append(i).append('\n');
        }
        server.onRequest(request -> {
            HttpServerResponse response = request.response().setChunked(true);
            all.toString().lines().forEach(line -> response.write(line + "\n"));
            response.end();
        });
        for (int round = 0; round < rounds; round++) {
            AssertSubscriber<byte[]> reader = open().subscribe().withSubscriber(AssertSubscriber.create());
            // Asked for from this thread, while pieces and the end come from the client's.
            while (!reader.hasCompleted()) {
                reader.request(1);
                Thread.onSpinWait();
            }
            assertEquals(all.toString(), text(reader.getItems()), "round " + round);
        }
    }

    @Test
    void theQueryIsAskedOfTheContainer() {
        CompletableFuture<String> asked = new CompletableFuture<>();
        server.onRequest(request -> {
            asked.complete(request.uri());
            request.response().end("x");
        });
        LogQuery query = new LogQuery(true, 7, Instant.parse("2026-01-02T03:04:05Z"), true);
        logs.open(POD, query)
                .await()
                .atMost(SOON)
                .subscribe()
                .withSubscriber(AssertSubscriber.create(9))
                .awaitCompletion(SOON);
        assertEquals(
                "/api/v1/namespaces/clawpod-agents/pods/" + POD.name()
                        + "/log?container=agent&follow=true&tailLines=7&sinceTime=2026-01-02T03%3A04%3A05Z&timestamps=true",
                asked.join());
    }

    @Test
    void aConnectionThatIsRefusedFailsAtOnce() {
        server.close();
        logs.open(POD, ALL)
                .subscribe()
                .withSubscriber(UniAssertSubscriber.create())
                .awaitFailure(SOON)
                .assertFailedWith(KubernetesClientException.class);
    }

    @Test
    void aConnectionThatBreaksBeforeTheAnswerFails() {
        server.onRequest(request -> {
            var unused = request.connection().close();
        });
        logs.open(POD, ALL)
                .subscribe()
                .withSubscriber(UniAssertSubscriber.create())
                .awaitFailure(SOON)
                .assertFailedWith(KubernetesClientException.class);
    }

    @Test
    void anAnswerThatIsNoLogIsRefusedWithItsStatusAndNotAskedForAgain() {
        server.onRequest(request -> request.response().setStatusCode(503).end("secret words"));
        Throwable failure = logs.open(POD, ALL)
                .subscribe()
                .withSubscriber(UniAssertSubscriber.create())
                .awaitFailure(SOON)
                .getFailure();
        assertEquals(
                503, assertInstanceOf(KubernetesClientException.class, failure).getCode());
        assertEquals(1, server.asked().size());
    }

    @Test
    void aLogThatBreaksMidWayFailsTheReaderAfterWhatCameBefore() {
        CompletableFuture<Runnable> cut = new CompletableFuture<>();
        server.onRequest(request -> {
            request.response().setChunked(true).write("before\n");
            cut.complete(() -> request.connection().close());
        });
        AssertSubscriber<byte[]> reader = open().subscribe().withSubscriber(AssertSubscriber.create(9));
        reader.awaitItems(1, SOON);
        cut.join().run();
        reader.awaitFailure(SOON);
        assertEquals("before\n", text(reader.getItems()));
    }

    @Test
    void cancellingClosesTheConnection() {
        CompletableFuture<Void> closed = new CompletableFuture<>();
        server.onRequest(request -> {
            request.connection().closeHandler(closed::complete);
            request.response().setChunked(true).write("more to come\n");
        });
        AssertSubscriber<byte[]> reader = open().subscribe().withSubscriber(AssertSubscriber.create(1));
        reader.awaitItems(1, SOON);
        reader.cancel();
        closed.orTimeout(20, TimeUnit.SECONDS).join();
    }

    @Test
    void whoGivesUpBeforeTheAnswerLeavesNoConnection() {
        CompletableFuture<Void> closed = new CompletableFuture<>();
        CompletableFuture<Runnable> answer = new CompletableFuture<>();
        server.onRequest(request -> {
            request.connection().closeHandler(closed::complete);
            answer.complete(() -> request.response().setChunked(true).write("too late\n"));
        });
        UniAssertSubscriber<Multi<byte[]>> asking =
                logs.open(POD, ALL).subscribe().withSubscriber(UniAssertSubscriber.create());
        Runnable late = answer.join();
        asking.cancel();
        late.run();
        closed.orTimeout(20, TimeUnit.SECONDS).join();
    }

    @Test
    void aReaderThatDoesNotAskHoldsUpTheServer() {
        CompletableFuture<HttpServerResponse> serving = new CompletableFuture<>();
        int pieces = 400;
        byte[] piece = new byte[1 << 16];
        server.onRequest(request -> {
            HttpServerResponse response = request.response().setChunked(true);
            response.write("a");
            serving.complete(response);
        });
        AssertSubscriber<byte[]> reader = open().subscribe().withSubscriber(AssertSubscriber.create(1));
        reader.awaitItems(1, SOON);
        HttpServerResponse response = serving.join();
        CompletableFuture<Void> whole = new CompletableFuture<>();
        for (int i = 0; i < pieces; i++) {
            var unused = response.write(io.vertx.core.buffer.Buffer.buffer(piece));
        }
        response.end().onSuccess(whole::complete);
        // More than sockets hold: all of it cannot be on its way before the reader asks.
        assertEquals(1, reader.getItems().size());
        assertFalse(whole.isDone());
        reader.request(Long.MAX_VALUE);
        reader.awaitCompletion(SOON);
        assertEquals(
                1L + (long) pieces * piece.length,
                reader.getItems().stream().mapToLong(p -> p.length).sum());
    }
}
