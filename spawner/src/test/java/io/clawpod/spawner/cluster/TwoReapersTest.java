package io.clawpod.spawner.cluster;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.InstallSlug;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.reap.HeartbeatSettings;
import io.clawpod.spawner.reap.Heartbeats;
import io.clawpod.spawner.reap.ReapSettings;
import io.clawpod.spawner.reap.ReapTally;
import io.clawpod.spawner.reap.Reaper;
import io.clawpod.spawner.session.LastCalls;
import io.clawpod.spawner.session.OwnerLease;
import io.clawpod.spawner.session.OwnerLease.OnLapse;
import io.clawpod.spawner.session.ReapReason;
import io.clawpod.spawner.session.RemoteProcess.Exit;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.testing.FakeProcesses;
import io.clawpod.spawner.testing.MockCluster;
import io.clawpod.spawner.testing.TestClock;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two replicas that reap over one API server, and an hour that passes in no time. */
class TwoReapersTest {
    private static final String AGENTS = "clawpod-agents";
    private static final OwnerLease.Terms TERMS =
            new OwnerLease.Terms(Duration.ofSeconds(90), Duration.ofSeconds(60), OnLapse.END);

    private final MockCluster mock = new MockCluster();
    private final TestClock clock = new TestClock();
    private final List<AutoCloseable> open = new ArrayList<>();
    private KubernetesClient client;
    private Replica one;
    private Replica other;

    private record Replica(
            ClusterSessions sessions,
            ClusterOwnerLeases leases,
            LeaderLease leadership,
            Reaper reaper,
            Heartbeats heartbeats,
            ReapTally tally) {
        void reap() {
            // What the watch brings does not move the clock; an answer of the API server makes it fresh.
            sessions.refresh();
            heartbeats.look(reaper::leads);
            reaper.reap();
        }

        long reaped(ReapReason reason) {
            return tally.count(reason);
        }
    }

    @BeforeEach
    void start() {
        mock.start();
        client = mock.client();
        one = replica("one", true);
        other = replica("other", true);
    }

    private Replica replica(String name, boolean elects) {
        KubernetesClient own = mock.client();
        ClusterSessions sessions = new ClusterSessions(own, MockCluster.SETTINGS, clock, name);
        sessions.start();
        await().until(() -> {
            sessions.refresh();
            return sessions.faults().isEmpty();
        });
        open.add(sessions);
        open.add(own);
        ClusterOwnerLeases leases = new ClusterOwnerLeases(own, clock, AGENTS);
        LeaderLease leadership = new LeaderLease(own, clock, "clawpod", "spawner-reaper", name);
        ReapTally tally = new ReapTally();
        Heartbeats heartbeats = new Heartbeats(
                sessions.reapTargets(),
                new FakeProcesses(key -> FakeProcesses.ending(clock.now.getEpochSecond() + "\n", new Exit.Exited(0))),
                sessions.heartbeatNotes(),
                LastCalls.UNCOUNTED,
                new HeartbeatSettings(Duration.ofSeconds(60), Duration.ZERO),
                clock);
        Reaper reaper = new Reaper(
                sessions.reapTargets(),
                leases,
                heartbeats,
                elects ? leadership::hold : () -> true,
                () -> sessions.faults().isEmpty(),
                new ReapSettings(false, Duration.ofHours(1)),
                clock,
                tally);
        return new Replica(sessions, leases, leadership, reaper, heartbeats, tally);
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable closeable : open) {
            closeable.close();
        }
        client.close();
        mock.close();
    }

    private void make(String install, int count) {
        for (int i = 0; i < count; i++) {
            one.sessions()
                    .admit(
                            SessionKey.of(install, "s" + i),
                            SessionSpec.builder("agent:1").build());
        }
        await().until(() -> other.sessions().list(session -> true).size()
                == one.sessions().list(session -> true).size());
    }

    private long left(String install) {
        return client.pods().inNamespace(AGENTS).list().getItems().stream()
                .filter(pod -> install.equals(pod.getMetadata().getLabels().get("nanoclaw-install")))
                .count();
    }

    private void lapse() {
        for (int i = 0; i < 50; i++) {
            clock.now = clock.now.plusSeconds(3);
            one.reap();
            other.reap();
        }
    }

    @Test
    void aLapseEndsTheSessionsOfItsInstallOnceAndNoOthers() {
        make("acme", 3);
        make("beta", 2);
        one.leases().renew(new InstallSlug("acme"), "host", TERMS, false);
        client.resource(new PodBuilder()
                        .withNewMetadata()
                        .withNamespace(AGENTS)
                        .withName("foreign")
                        .addToLabels("nanoclaw-install", "acme")
                        .addToLabels("app.kubernetes.io/managed-by", "clawpod-spawner")
                        .endMetadata()
                        .build())
                .create();
        one.reap();
        other.reap();
        clock.now = clock.now.plusSeconds(10);
        assertTrue(one.reaper().leads() && !other.reaper().leads());
        lapse();
        assertEquals(1, left("acme"), "only the pod that is not ours");
        assertEquals(2, left("beta"));
        assertEquals(3, one.reaped(ReapReason.OWNER_LAPSED));
        assertEquals(0, other.reaped(ReapReason.OWNER_LAPSED));
    }

    @Test
    void whenTheLeaderStopsTheOtherReaps() {
        make("acme", 2);
        one.leases().renew(new InstallSlug("acme"), "host", TERMS, false);
        one.reap();
        other.reap();
        for (int i = 0; i < 52; i++) {
            clock.now = clock.now.plusSeconds(3);
            other.reap();
        }
        assertEquals(0, left("acme"));
        assertEquals(2, other.reaped(ReapReason.OWNER_LAPSED));
    }

    @Test
    void twoLeadersAtOnceReapASessionOnce() {
        Replica third = replica("third", false);
        make("acme", 1);
        one.leases().renew(new InstallSlug("acme"), "host", TERMS, false);
        one.reap();
        third.reap();
        lapse();
        assertEquals(0, left("acme"));
        third.reap();
        assertEquals(1, one.reaped(ReapReason.OWNER_LAPSED) + third.reaped(ReapReason.OWNER_LAPSED));
    }
}
