package io.clawpod.proxy.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.clawpod.common.SessionKey;
import io.clawpod.common.SessionToken;
import io.clawpod.proxy.identity.PodCheck.Finding;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodCheckTest {
    private static SessionToken token(String namespace) {
        return new SessionToken(
                "clawpod-spawner",
                SessionKey.of("3f2a9c1e", "chat"),
                null,
                null,
                namespace,
                "chat-1",
                "uid-1",
                Instant.EPOCH,
                Instant.MAX,
                "jti");
    }

    private static InetAddress address(String literal) {
        return Objects.requireNonNull(PeerAddress.parse(literal), literal);
    }

    private static String kind(Finding finding) {
        return finding.getClass().getSimpleName();
    }

    @ParameterizedTest
    @CsvSource({
        // name,  alive, pod's addresses,     peer,                 bind,  finding
        "chat-1,  true,  10.0.0.1,            10.0.0.1,             true,  Matches",
        "chat-1,  true,  10.0.0.1,            ::ffff:10.0.0.1,      true,  Matches",
        "chat-1,  true,  10.0.0.1 fd00::1,    fd00::1,              true,  Matches",
        "chat-1,  true,  fd00::1,             fd00:0:0::1%eth0,     true,  Matches",
        "chat-1,  true,  10.0.0.1,            10.0.0.2,             true,  Differs",
        "chat-1,  true,  10.0.0.1,            '',                   true,  Differs",
        "chat-1,  true,  10.0.0.1,            10.0.0.2,             false, Matches",
        "chat-1,  true,  '',                  10.0.0.1,             true,  NotYet",
        "chat-1,  true,  '',                  10.0.0.1,             false, Matches",
        "chat-1,  false, 10.0.0.1,            10.0.0.1,             true,  Differs",
        "chat-1,  false, 10.0.0.1,            10.0.0.1,             false, Differs",
        "chat-2,  true,  10.0.0.1,            10.0.0.1,             true,  Differs",
        "'',      true,  '',                  10.0.0.1,             true,  NotYet",
        "'',      true,  '',                  10.0.0.1,             false, NotYet",
    })
    void aCallerIsItsTokensPodOrIsNot(
            String name, boolean alive, String addresses, String peer, boolean bind, String finding) {
        Set<InetAddress> known = addresses.isEmpty()
                ? Set.of()
                : Set.copyOf(java.util.Arrays.stream(addresses.split(" ", -1))
                        .map(PodCheckTest::address)
                        .toList());
        WatchedPod pod = name.isEmpty() ? null : new WatchedPod("uid-1", "agents", name, alive, known);
        InetAddress from = peer.isEmpty() ? null : address(peer);
        assertEquals(finding, kind(new PodCheck("agents", bind).check(token("agents"), pod, from)));
    }

    @Test
    void aTokenForAnotherNamespaceIsNeverRight() {
        WatchedPod pod = new WatchedPod("uid-1", "elsewhere", "chat-1", true, Set.of());
        assertEquals("Differs", kind(new PodCheck("agents", false).check(token("elsewhere"), pod, null)));
        assertEquals("Differs", kind(new PodCheck("agents", false).check(token("agents"), pod, null)));
    }

    private static WatchedPod watched(@Nullable String phase, @Nullable String deleted) {
        Pod pod = new PodBuilder()
                .withNewMetadata()
                .withName("chat-1")
                .withNamespace("agents")
                .withUid("uid-1")
                .withDeletionTimestamp(deleted)
                .endMetadata()
                .withNewStatus()
                .withPhase(phase)
                .withPodIP("10.0.0.1")
                .endStatus()
                .build();
        return WatchedPod.of(SlimPods.slim(pod));
    }

    @ParameterizedTest
    @CsvSource({"Pending, true", "Running, true", "Succeeded, false", "Failed, false", "Unknown, false", ", true"})
    void aPodLivesInTwoPhases(@Nullable String phase, boolean alive) {
        assertEquals(
                new WatchedPod("uid-1", "agents", "chat-1", alive, Set.of(address("10.0.0.1"))), watched(phase, null));
    }

    @Test
    void aPodWhoseDeletionIsAskedForLivesNoLonger() {
        assertEquals(false, watched("Running", "2026-01-01T00:00:00Z").alive());
    }
}
