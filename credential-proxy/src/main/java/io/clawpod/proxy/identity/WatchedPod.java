package io.clawpod.proxy.identity;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of a pod.
 *
 * @param alive its phase is Pending or Running and nobody has asked for its deletion
 * @param addresses status.podIP and status.podIPs; empty until the kubelet has reported them
 */
record WatchedPod(String uid, String namespace, String name, boolean alive, Set<InetAddress> addresses) {
    WatchedPod {
        addresses = Set.copyOf(addresses);
    }

    static WatchedPod of(Pod pod) {
        var metadata = pod.getMetadata();
        PodStatus status = pod.getStatus();
        return new WatchedPod(
                metadata.getUid(),
                metadata.getNamespace(),
                metadata.getName(),
                metadata.getDeletionTimestamp() == null && lives(status),
                addresses(status));
    }

    private static boolean lives(@Nullable PodStatus status) {
        // A pod without a phase has just been made: the API server sets Pending, fakes may leave it out.
        String phase = status == null ? null : status.getPhase();
        return phase == null || phase.equals("Pending") || phase.equals("Running");
    }

    private static Set<InetAddress> addresses(@Nullable PodStatus status) {
        Set<InetAddress> addresses = new HashSet<>();
        if (status != null) {
            add(addresses, status.getPodIP());
            for (PodIP ip : status.getPodIPs()) {
                add(addresses, ip.getIp());
            }
        }
        return addresses;
    }

    private static void add(Set<InetAddress> addresses, @Nullable String text) {
        InetAddress address = text == null ? null : PeerAddress.parse(text);
        if (address != null) {
            addresses.add(address);
        }
    }
}
