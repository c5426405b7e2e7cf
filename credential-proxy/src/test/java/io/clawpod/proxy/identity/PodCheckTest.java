package io.clawpod.proxy.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.clawpod.proxy.identity.PodCheck.Finding;
import java.net.InetAddress;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodCheckTest {
    private static Claim claim(String namespace) {
        return new Claim(namespace, "chat-1", "uid-1");
    }

    private static WatchedPod pod(String namespace, String name, boolean alive, Set<InetAddress> addresses) {
        PodEnd end = alive ? null : new PodEnd(PodEnd.Cause.ENDED, null);
        return new WatchedPod("uid-1", namespace, name, null, null, null, end, addresses);
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
        WatchedPod pod = name.isEmpty() ? null : pod("agents", name, alive, known);
        InetAddress from = peer.isEmpty() ? null : address(peer);
        assertEquals(finding, kind(new PodCheck("agents", bind).check(claim("agents"), pod, from)));
    }

    @Test
    void aTokenForAnotherNamespaceIsNeverRight() {
        WatchedPod pod = pod("elsewhere", "chat-1", true, Set.of());
        assertEquals("Differs", kind(new PodCheck("agents", false).check(claim("elsewhere"), pod, null)));
        assertEquals("Differs", kind(new PodCheck("agents", false).check(claim("agents"), pod, null)));
    }
}
