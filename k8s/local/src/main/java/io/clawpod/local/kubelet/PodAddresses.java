package io.clawpod.local.kubelet;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.HashSet;
import java.util.Set;

/**
 * Gives each pod an address of its own out of 127/8, all of which is loopback on Linux. Elsewhere only 127.0.0.1 can be
 * bound, so there all pods share it, and whoever tells pods apart by their address cannot.
 */
final class PodAddresses {
    private static final int FIRST = 2;
    private static final int LAST = 254 * 256;

    private final Set<Integer> taken = new HashSet<>();
    private final boolean distinct;
    private int next = FIRST;

    PodAddresses() {
        distinct = canBind(address(FIRST));
    }

    /** Whether each pod's address differs. */
    boolean distinct() {
        return distinct;
    }

    synchronized InetAddress take() {
        if (!distinct) {
            return address(1);
        }
        while (!taken.add(next)) {
            advance();
        }
        InetAddress address = address(next);
        advance();
        return address;
    }

    private void advance() {
        next = next == LAST ? FIRST : next + 1;
    }

    synchronized void release(InetAddress address) {
        byte[] bytes = address.getAddress();
        taken.remove(((bytes[2] & 0xff) << 8) | (bytes[3] & 0xff));
    }

    private static InetAddress address(int n) {
        try {
            return InetAddress.getByAddress(new byte[] {127, 0, (byte) (n >> 8), (byte) n});
        } catch (UnknownHostException e) {
            throw new IllegalStateException("four bytes are an address", e);
        }
    }

    private static boolean canBind(InetAddress address) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(address, 0));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
