package io.clawpod.spawner.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.Sessions.LogQuery;
import io.clawpod.spawner.testing.RecordedLog;
import io.clawpod.spawner.testing.RecordedLog.Line;
import io.clawpod.spawner.testing.SampleSessions;
import io.clawpod.spawner.testing.StreamServer;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Following a log over an API server that breaks off. */
final class FollowedLogTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Duration PAUSE = Duration.ofMillis(1);
    private static final Session.PodRef POD = SampleSessions.running("k", "u").pod();
    private static final LogQuery FOLLOW = new LogQuery(true, null, null, false);
    private static final RecordedLog LOG = new RecordedLog(IntStream.range(0, 30)
            .mapToObj(i -> new Line(
                    Instant.parse("2026-01-02T03:04:05.1Z")
                            .plusMillis(i / 3 * 400L)
                            .toString(),
                    "line " + i + "x".repeat(i % 7 * 20) + "\n"))
            .toList());

    private final StreamServer server = new StreamServer();
    private final KubernetesClient client = server.client();
    private final LogStream logs = new LogStream(client);
    private final AtomicBoolean there = new AtomicBoolean(true);

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    private Multi<byte[]> follow() {
        return FollowedLog.open(query -> logs.open(POD, query), FOLLOW, Instant.EPOCH, there::get, PAUSE)
                .await()
                .atMost(SOON);
    }

    private static String text(AssertSubscriber<byte[]> reader) {
        StringBuilder text = new StringBuilder();
        new ArrayList<>(reader.getItems()).forEach(piece -> text.append(new String(piece, StandardCharsets.UTF_8)));
        return text.toString();
    }

    private static byte[] asked(HttpServerRequest request) {
        String since = request.getParam("sinceTime");
        return LOG.served(since == null ? null : Instant.parse(since), null);
    }

    /** Sends the first bytes, and closes the connection once they are on their way. */
    private static void breakAfter(HttpServerRequest request, byte[] bytes, int count) {
        HttpServerResponse response = request.response().setChunked(true);
        response.write(Buffer.buffer(Arrays.copyOf(bytes, count)))
                .onComplete(written -> request.connection().close());
    }

    @TestFactory
    Stream<DynamicTest> aLogThatBreaksOffGoesOnWhereItWas() {
        int whole = LOG.served(null, null).length;
        return Stream.of(true, false)
                .flatMap(broken -> IntStream.of(0, 1, 10, 20, 21, 22, 25, 28, 50, whole / 2, whole)
                        .mapToObj(cut ->
                                DynamicTest.dynamicTest((broken ? "broken" : "ended") + " after " + cut, () -> {
                                    AtomicInteger number = new AtomicInteger();
                                    server.onRequest(request -> {
                                        byte[] bytes = asked(request);
                                        if (number.getAndIncrement() > 0) {
                                            request.response().end(Buffer.buffer(bytes));
                                        } else if (broken) {
                                            breakAfter(request, bytes, cut);
                                        } else {
                                            // So does an API server whose kubelet has gone.
                                            request.response().end(Buffer.buffer(Arrays.copyOf(bytes, cut)));
                                        }
                                    });
                                    AssertSubscriber<byte[]> reader = follow().subscribe()
                                            .withSubscriber(AssertSubscriber.create(Long.MAX_VALUE));
                                    reader.awaitCompletion(SOON);
                                    assertEquals(LOG.text(false), text(reader));
                                })));
    }

    @Test
    void itMayBreakAnyNumberOfTimesAndBeRefusedInBetween() {
        Random random = new Random(1);
        int whole = LOG.served(null, null).length;
        AtomicInteger number = new AtomicInteger();
        server.onRequest(request -> {
            byte[] bytes = asked(request);
            int turn = number.getAndIncrement();
            // Each time a little further: what is asked for is the end of the whole.
            int cut = turn * 30 + random.nextInt(30) - (whole - bytes.length);
            if (cut >= bytes.length) {
                request.response().end(Buffer.buffer(bytes));
            } else if (turn % 3 == 1) {
                request.response().setStatusCode(502).end();
            } else if (turn % 3 == 2) {
                request.connection().close();
            } else {
                breakAfter(request, bytes, Math.max(0, cut));
            }
        });
        AssertSubscriber<byte[]> reader = follow().subscribe().withSubscriber(AssertSubscriber.create());
        while (!reader.hasCompleted()) {
            reader.request(1);
            assertFalse(reader.getFailure() != null, () -> String.valueOf(reader.getFailure()));
            Thread.onSpinWait();
        }
        assertEquals(LOG.text(false), text(reader));
    }

    @Test
    void theEndIsAskedForTwice() {
        server.onRequest(request -> request.response().end(Buffer.buffer(asked(request))));
        follow().subscribe()
                .withSubscriber(AssertSubscriber.create(Long.MAX_VALUE))
                .awaitCompletion(SOON);
        assertEquals(2, server.asked().size());
    }

    @Test
    void aLogThatEndedAndIsGoneByThenHasEnded() {
        AtomicInteger number = new AtomicInteger();
        server.onRequest(request -> {
            if (number.getAndIncrement() == 0) {
                request.response().end(Buffer.buffer(asked(request)));
            } else {
                request.response().setStatusCode(404).end();
            }
        });
        AssertSubscriber<byte[]> reader = follow().subscribe().withSubscriber(AssertSubscriber.create(Long.MAX_VALUE));
        reader.awaitCompletion(SOON);
        assertEquals(LOG.text(false), text(reader));
    }

    @Test
    void aLogThatBreaksWhenItsPodIsGoneFails() {
        there.set(false);
        server.onRequest(request -> breakAfter(request, asked(request), 40));
        AssertSubscriber<byte[]> reader = follow().subscribe().withSubscriber(AssertSubscriber.create(Long.MAX_VALUE));
        reader.awaitFailure(SOON);
        assertEquals(1, server.asked().size());
    }

    @Test
    void aServerThatRefusesForGoodFailsInTheEnd() {
        AtomicInteger number = new AtomicInteger();
        server.onRequest(request -> {
            if (number.getAndIncrement() == 0) {
                breakAfter(request, asked(request), 40);
            } else {
                there.set(number.get() < 5);
                request.response().setStatusCode(500).end();
            }
        });
        follow().subscribe()
                .withSubscriber(AssertSubscriber.create(Long.MAX_VALUE))
                .awaitFailure(SOON)
                .assertFailedWith(KubernetesClientException.class);
        assertEquals(5, server.asked().size());
    }

    @Test
    void whatCannotBeOpenedAFirstTimeIsNotTriedAgain() {
        server.onRequest(request -> request.response().setStatusCode(503).end());
        FollowedLog.open(query -> logs.open(POD, query), FOLLOW, Instant.EPOCH, there::get, PAUSE)
                .subscribe()
                .withSubscriber(UniAssertSubscriber.create())
                .awaitFailure(SOON)
                .assertFailedWith(KubernetesClientException.class);
        assertEquals(List.of("/api/v1/namespaces/clawpod-agents/pods/" + POD.name() + "/log"), server.asked());
    }
}
