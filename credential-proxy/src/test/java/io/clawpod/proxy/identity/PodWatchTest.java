package io.clawpod.proxy.identity;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.clawpod.proxy.testing.Agents;
import io.clawpod.proxy.testing.MovableClock;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@EnableKubernetesMockClient(crud = true)
class PodWatchTest {
    private static final Duration A_WHILE = Duration.ofSeconds(15);

    @SuppressWarnings("NullAway.Init") // set by the extension
    KubernetesMockServer server;

    @SuppressWarnings("NullAway.Init") // set by the extension
    KubernetesClient client;

    private final Vertx vertx = Vertx.vertx();
    private final MovableClock clock = new MovableClock();

    @SuppressWarnings("NullAway.Init") // set before each test
    private PodWatch watch;

    @BeforeEach
    void start() {
        watch = new PodWatch(client, vertx, clock, Agents.NAMESPACE, true);
    }

    @AfterEach
    void stop() {
        watch.stop(new ShutdownEvent());
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private void awaitFresh() {
        await().atMost(A_WHILE).until(() -> watch.fault() == null);
    }

    @Test
    void itIsNotFreshBeforeItHasStarted() {
        assertNotNull(watch.fault());
    }

    @Test
    void anApiServerThatFallsSilentMakesItStaleUntilItAnswersAgain() {
        watch.start(new StartupEvent());
        awaitFresh();
        clock.advance(PodWatch.STALE_AFTER.plusMillis(1));
        assertEquals("The Kubernetes API has not answered for 15 s.", watch.fault());
        awaitFresh();
    }

    @Test
    void anApiServerThatIsGoneMakesItStale() {
        watch.start(new StartupEvent());
        awaitFresh();
        server.shutdown();
        clock.advance(PodWatch.STALE_AFTER.plusMillis(1));
        await().atMost(A_WHILE).until(() -> watch.fault() != null);
    }

    /** The informer closes its watch every 5 to 10 minutes, and opens the next a moment later. */
    @Test
    void aWatchThatIsAwayForAMomentIsBelievedMeanwhile() {
        watch.start(new StartupEvent());
        awaitFresh();
        watch.stop(new ShutdownEvent());
        clock.advance(PodWatch.STALE_AFTER.dividedBy(2));
        assertNull(watch.fault());
        clock.advance(PodWatch.STALE_AFTER);
        await().atMost(A_WHILE)
                .until(() -> "The watch of pods in namespace clawpod-agents is not connected.".equals(watch.fault()));
    }

    /** The informer has a moment in which it cannot say whether it watches: a call that asks just then must get its answer too. */
    @Test
    void whileAnInformerIsStoppedItCanBeAsked() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<Void> asking = CompletableFuture.runAsync(() -> {
            while (!over.get()) {
                watch.fault();
            }
        });
        for (int i = 0; i < 50; i++) {
            watch.begin();
            awaitConnected();
            watch.stop(new ShutdownEvent());
        }
        over.set(true);
        asking.get(A_WHILE.toSeconds(), TimeUnit.SECONDS);
    }

    private void awaitConnected() {
        // Probes are not sent here, and what is left to say is that none was answered.
        await().pollInterval(Duration.ofMillis(5))
                .atMost(A_WHILE)
                .until(() -> "The Kubernetes API has not answered for 15 s.".equals(watch.fault()));
    }

    @Test
    void anInformerThatNeverGetsAWholeListIsBegunAnew() {
        AtomicInteger lists = new AtomicInteger();
        int port = vertx.createHttpServer()
                .requestHandler(request -> {
                    if ("1".equals(request.getParam("limit"))) {
                        request.response()
                                .end("{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{},\"items\":[]}");
                    } else {
                        lists.incrementAndGet();
                        request.response().setChunked(true).write("{\"kind\":");
                    }
                })
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join()
                .actualPort();
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl("http://127.0.0.1:" + port)
                .build();
        try (KubernetesClient halting =
                new KubernetesClientBuilder().withConfig(config).build()) {
            PodWatch stuck = new PodWatch(halting, vertx, clock, Agents.NAMESPACE, true);
            stuck.start(new StartupEvent());
            await().atMost(A_WHILE).until(() -> lists.get() == 1);
            clock.advance(PodWatch.STUCK_AFTER.plusMillis(1));
            await().atMost(A_WHILE).until(() -> lists.get() == 2);
            stuck.stop(new ShutdownEvent());
        }
    }

    @Test
    void itShowsThePodsThatAreThereAndTellsTheirEnd() throws Exception {
        Agents agents = new Agents(client);
        Pod pod = agents.running("10.0.0.1");
        String uid = Objects.requireNonNull(pod.getMetadata().getUid());
        CountDownLatch ended = new CountDownLatch(1);
        watch.onEnd((each, cause, at) -> {
            if (each.equals(uid)) {
                ended.countDown();
            }
        });
        watch.start(new StartupEvent());
        awaitFresh();
        await().atMost(A_WHILE).until(() -> watch.alive(uid));
        agents.delete(pod);
        ended.await();
        assertEquals(false, watch.alive(uid));
        assertEquals(0, watch.size());
    }

    @Test
    void aPodThatEndsWhileTheWatchIsAwayIsToldWhenItIsBegunAnew() throws Exception {
        Agents agents = new Agents(client);
        Pod gone = agents.running("10.0.0.1");
        Pod stays = agents.running("10.0.0.2");
        Pod revoked = agents.running("10.0.0.3");
        CountDownLatch ended = new CountDownLatch(2);
        watch.onEnd((uid, cause, at) -> ended.countDown());
        watch.start(new StartupEvent());
        awaitFresh();
        await().atMost(A_WHILE).until(() -> watch.size() == 3);
        watch.stop(new ShutdownEvent());
        clock.advance(PodWatch.STALE_AFTER.plusMillis(1));
        await().atMost(A_WHILE).until(() -> watch.fault() != null);
        agents.delete(gone);
        agents.revoke(revoked, Instant.parse("2026-01-02T03:04:05Z"));
        watch.begin();
        ended.await();
        awaitFresh();
        assertEquals(false, watch.alive(gone.getMetadata().getUid()));
        assertEquals(false, watch.alive(revoked.getMetadata().getUid()));
        assertEquals(true, watch.alive(stays.getMetadata().getUid()));
    }
}
