package io.clawpod.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.proxy.identity.PodWatch;
import io.clawpod.proxy.server.AgentServer;
import io.clawpod.proxy.testing.Agents;
import io.clawpod.proxy.testing.RawPeer;
import io.clawpod.proxy.testing.Surroundings;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.quarkus.test.kubernetes.client.KubernetesServer;
import io.quarkus.test.kubernetes.client.KubernetesTestServer;
import io.quarkus.test.kubernetes.client.WithKubernetesTestServer;
import jakarta.inject.Inject;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@QuarkusTest
@TestProfile(ConnectionsQuarkusTest.TwoEach.class)
@WithKubernetesTestServer
@WithTestResource(Surroundings.class)
@Timeout(60)
class ConnectionsQuarkusTest {
    /** Two connections of one address, and no more. */
    public static final class TwoEach implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("clawpod.client.connections-per-address", "2");
        }
    }

    private static final String ONE = "127.0.0.1";
    private static final String OTHER = "127.0.0.2";

    @KubernetesTestServer
    KubernetesServer cluster;

    @Inject
    AgentServer server;

    @Inject
    PodWatch watch;

    private final Surroundings around = Surroundings.current();

    @BeforeEach
    void awaitWatch() {
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> watch.fault() == null);
    }

    private String token(String address) {
        return Agents.token(new Agents(cluster.getClient()).running(address), around.key());
    }

    private void call(RawPeer peer, String token) throws IOException, InterruptedException {
        peer.send("GET / HTTP/1.1\r\nHost: proxy\r\nx-api-key: " + token + "\r\n\r\n");
        around.upstream().next().answer(200, "hello");
        peer.readTo("hello");
    }

    /** What a connection gets for a request that is refused, which ends it; nothing if it is closed before. */
    private String refusal(String address) throws IOException {
        try (RawPeer peer = new RawPeer(server.port(), address)) {
            return peer.send("GET / HTTP/1.1\r\nHost: proxy\r\n\r\n").readAll();
        }
    }

    @Test
    void aConnectionBeyondAnAddressesShareIsClosedUntilOneOfThemHasGone() throws Exception {
        String token = token(ONE);
        try (RawPeer first = new RawPeer(server.port(), ONE);
                RawPeer second = new RawPeer(server.port(), ONE)) {
            // A connection that has been answered has been counted.
            call(first, token);
            call(second, token);
            assertEquals("", refusal(ONE));
            assertEquals("", refusal(ONE), "one that was closed is not counted, nor does it free a place");
            try (RawPeer other = new RawPeer(server.port(), OTHER)) {
                call(other, token(OTHER));
            }
            first.close();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> refusal(ONE).startsWith("HTTP/1.1 401 "));
            call(second, token);
            assertTrue(around.upstream().nothingSeen());
        }
    }
}
