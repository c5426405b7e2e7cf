package io.clawpod.spawner.cluster;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.client.Standing;
import io.clawpod.spawner.testing.StreamServer;
import io.clawpod.spawner.testing.StreamServer.Answer;
import io.clawpod.spawner.testing.TestClock;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the watches ask for, and how long they are believed. */
final class PodWatchTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    private final TestClock clock = new TestClock();
    private final StreamServer server = new StreamServer();
    private final KubernetesClient client = server.client();
    private final SessionStore store = new SessionStore("e");
    private final PodWatch watch = new PodWatch(client, store, new JobRoster(store), pod -> {}, clock, "agents");
    private final List<String> lists = new CopyOnWriteArrayList<>();
    private final List<ServerWebSocket> watches = new CopyOnWriteArrayList<>();

    @BeforeEach
    void start() {
        server.onRequest(this::list);
        server.onStream(watches::add);
        watch.start();
        watch.answered();
    }

    @AfterEach
    void close() {
        watch.close();
        client.close();
        server.close();
    }

    private void list(HttpServerRequest request) {
        lists.add(request.query());
        boolean ofJobs = request.path().endsWith("/jobs");
        request.response()
                .putHeader("Content-Type", "application/json")
                .end("{\"kind\":\"" + (ofJobs ? "JobList" : "PodList") + "\",\"apiVersion\":\""
                        + (ofJobs ? "batch/v1" : "v1")
                        + "\",\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[]}");
    }

    private void awaitFresh() {
        await().atMost(SOON).until(() -> watch.fault().isEmpty());
    }

    @Test
    void whatThereIsIsNotListedFromACache() {
        awaitFresh();
        assertEquals(2, lists.size());
        assertTrue(lists.stream().noneMatch(query -> query.contains("resourceVersion")), lists::toString);
    }

    @Test
    void watchesThatAreClosedAreBelievedForAWhileAndNoLonger() {
        awaitFresh();
        AtomicInteger refused = new AtomicInteger();
        server.onUpgrade(request -> {
            refused.incrementAndGet();
            return Optional.of(new Answer(403, "{}"));
        });
        watches.forEach(ServerWebSocket::close);
        await().atMost(SOON).until(() -> refused.get() >= 2);
        assertEquals(Optional.empty(), watch.fault());
        clock.now = clock.now.plus(Standing.FRESH_FOR).plusMillis(1);
        watch.answered();
        assertTrue(watch.fault().orElseThrow().contains("does not stand"));
        server.onUpgrade(request -> Optional.empty());
        awaitFresh();
    }
}
