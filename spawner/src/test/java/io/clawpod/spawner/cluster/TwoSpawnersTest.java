package io.clawpod.spawner.cluster;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.plan.TokenSecret;
import io.clawpod.spawner.session.Admission;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.testing.MockCluster;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two replicas over one API server. */
class TwoSpawnersTest {
    private static final String AGENTS = MockCluster.SETTINGS.plan().namespace();
    private static final int ROUNDS = 20;

    private final MockCluster mock = new MockCluster();
    private final ExecutorService threads = Executors.newFixedThreadPool(2);
    private final List<AutoCloseable> open = new ArrayList<>();
    private KubernetesClient client;
    private ClusterSessions one;
    private ClusterSessions other;

    @BeforeEach
    void start() {
        mock.start();
        client = mock.client();
        one = spawner("one");
        other = spawner("other");
    }

    private ClusterSessions spawner(String epoch) {
        KubernetesClient own = mock.client();
        ClusterSessions sessions = new ClusterSessions(own, MockCluster.SETTINGS, Clock.systemUTC(), epoch);
        MockCluster.startReady(sessions);
        open.add(sessions);
        open.add(own);
        return sessions;
    }

    @AfterEach
    void stop() throws Exception {
        threads.shutdownNow();
        for (AutoCloseable closeable : open) {
            closeable.close();
        }
        client.close();
        mock.close();
    }

    private List<Admission> atOnce(Callable<Admission> first, Callable<Admission> second)
            throws InterruptedException, ExecutionException {
        CyclicBarrier barrier = new CyclicBarrier(2);
        List<Future<Admission>> asked =
                List.of(threads.submit(() -> after(barrier, first)), threads.submit(() -> after(barrier, second)));
        return List.of(asked.get(0).get(), asked.get(1).get());
    }

    private static Admission after(CyclicBarrier barrier, Callable<Admission> ask) throws Exception {
        try {
            barrier.await();
        } catch (BrokenBarrierException e) {
            throw new IllegalStateException(e);
        }
        return ask.call();
    }

    @Test
    void askedForOneKeyAtOnceOneCreatesItAndTheOtherAdoptsIt() throws Exception {
        SessionSpec spec = SessionSpec.builder("agent:1").build();
        for (int i = 0; i < ROUNDS; i++) {
            SessionKey key = SessionKey.of("acme", "same-" + i);
            List<Admission> answers = atOnce(() -> one.admit(key, spec), () -> other.admit(key, spec));

            List<Admission.Created> created = only(answers, Admission.Created.class);
            List<Admission.Adopted> adopted = only(answers, Admission.Adopted.class);
            assertEquals(1, created.size(), answers.toString());
            assertEquals(1, adopted.size(), answers.toString());
            assertEquals(
                    created.get(0).session().pod().uid(),
                    adopted.get(0).session().pod().uid());
        }
        List<Pod> pods = client.pods().inNamespace(AGENTS).list().getItems();
        assertEquals(ROUNDS, pods.size());
        pods.forEach(pod -> assertFalse(TokenSecret.isAwaitedBy(pod)));
        assertEquals(
                ROUNDS, client.secrets().inNamespace(AGENTS).list().getItems().size());
    }

    @Test
    void askedForOneKeyWithTwoSpecsAtOnceOneIsRefused() throws Exception {
        SessionKey key = SessionKey.of("acme", "either");
        List<Admission> answers = atOnce(
                () -> one.admit(key, SessionSpec.builder("agent:1").build()),
                () -> other.admit(key, SessionSpec.builder("agent:2").build()));
        assertEquals(1, only(answers, Admission.Created.class).size(), answers.toString());
        List<Admission.Refused> refused = only(answers, Admission.Refused.class);
        assertEquals(1, refused.size(), answers.toString());
        assertEquals(ErrorCode.SESSION_CONFLICT, refused.get(0).problem().code());
    }

    @Test
    void whatOneMadeTheOtherKnowsAndStops() {
        SessionKey key = SessionKey.of("acme", "shared");
        assertInstanceOf(
                Admission.Created.class,
                one.admit(key, SessionSpec.builder("agent:1").build()));
        assertInstanceOf(
                io.clawpod.spawner.session.Sessions.Stop.Stopping.class, other.stop(key, Duration.ofSeconds(1)));
        await().until(() -> one.find(key) == null && other.find(key) == null);
    }

    private static <T> List<T> only(List<Admission> answers, Class<T> type) {
        return answers.stream().filter(type::isInstance).map(type::cast).toList();
    }
}
