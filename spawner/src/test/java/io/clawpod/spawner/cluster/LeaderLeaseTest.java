package io.clawpod.spawner.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.spawner.testing.MockCluster;
import io.clawpod.spawner.testing.TestClock;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two replicas and one Lease, each with a clock of its own. */
class LeaderLeaseTest {
    private final MockCluster mock = new MockCluster();
    private final TestClock ones = new TestClock();
    private final TestClock others = new TestClock();
    private KubernetesClient client;
    private LeaderLease one;
    private LeaderLease other;

    @BeforeEach
    void start() {
        mock.start();
        try (KubernetesClient patient = mock.client()) {
            client = new KubernetesClientBuilder()
                    .withConfig(new ConfigBuilder(patient.getConfiguration())
                            .withRequestRetryBackoffLimit(0)
                            .build())
                    .build();
        }
        one = new LeaderLease(client, ones, "clawpod", "spawner-reaper", "one");
        other = new LeaderLease(client, others, "clawpod", "spawner-reaper", "other");
    }

    @AfterEach
    void stop() {
        client.close();
        mock.close();
    }

    private void pass(long seconds) {
        ones.now = ones.now.plusSeconds(seconds);
        others.now = others.now.plusSeconds(seconds);
    }

    @Test
    void oneLeadsAsLongAsItRenews() {
        assertTrue(one.hold());
        for (int i = 0; i < 10; i++) {
            pass(10);
            assertTrue(one.hold());
            assertFalse(other.hold());
        }
    }

    @Test
    void anotherTakesOverOnceItHasSeenNoRenewalForTheWholeTime() {
        assertTrue(one.hold());
        // Its clock is far ahead, which makes the Lease no older.
        others.now = others.now.plusSeconds(10_000);
        assertFalse(other.hold());
        pass(14);
        assertFalse(other.hold());
        pass(1);
        assertTrue(other.hold());
        assertFalse(one.hold());
        assertEquals(
                1,
                client.leases()
                        .inNamespace("clawpod")
                        .withName("spawner-reaper")
                        .get()
                        .getSpec()
                        .getLeaseTransitions());
    }

    @Test
    void oneThatIsGivenBackIsTakenAtOnce() {
        assertTrue(one.hold());
        assertFalse(other.hold());
        one.release();
        assertTrue(other.hold());
    }

    @Test
    void withoutTheApiServerNobodyLeads() {
        assertTrue(one.hold());
        mock.stop();
        assertFalse(one.hold());
        assertNotEquals(Optional.empty(), one.fault());
    }
}
