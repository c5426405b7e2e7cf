package io.clawpod.proxy.identity;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** Compares a token with the pod it was made for and the peer that sent it. Pure. */
final class PodCheck {
    private final String namespace;
    private final boolean bindIp;

    /**
     * Makes a check.
     *
     * @param namespace the only namespace whose pods may call
     * @param bindIp whether the peer must have the pod's address
     */
    PodCheck(String namespace, boolean bindIp) {
        this.namespace = namespace;
        this.bindIp = bindIp;
    }

    sealed interface Finding {
        /** The caller is the token's pod. */
        record Matches(WatchedPod pod) implements Finding {}

        /** Nothing speaks against the caller, but the watch has not yet shown what speaks for it. */
        record NotYet(String reason) implements Finding {}

        /** The caller is not the token's pod, or that pod has ended. */
        record Differs(String reason) implements Finding {}
    }

    /**
     * Checks one call.
     *
     * @param pod the pod with the claim's uid, null if the watch has not shown one
     * @param peer the connection's remote address, null if it has none
     */
    Finding check(Claim claim, @Nullable WatchedPod pod, @Nullable InetAddress peer) {
        if (!claim.namespace().equals(namespace)) {
            return new Finding.Differs("The token is for a pod in another namespace.");
        }
        if (pod == null) {
            return new Finding.NotYet("The session's pod is not there.");
        }
        if (!pod.namespace().equals(claim.namespace()) || !pod.name().equals(claim.podName())) {
            return new Finding.Differs("The token names another pod than its uid does.");
        }
        PodEnd end = pod.end();
        if (end != null) {
            return new Finding.Differs(end.cause().detail());
        }
        if (!bindIp || (peer != null && pod.addresses().contains(peer))) {
            return new Finding.Matches(pod);
        }
        // The kubelet reports the address after the container has started, so the first call may come before it.
        return pod.addresses().isEmpty()
                ? new Finding.NotYet("The session's pod has no address yet.")
                : new Finding.Differs("The connection does not come from the session's pod.");
    }
}
