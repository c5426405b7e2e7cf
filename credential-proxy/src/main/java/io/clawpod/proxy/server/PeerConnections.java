package io.clawpod.proxy.server;

import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;

/** How many connections each address has open, and may have: one pod must not use up what all share. Thread-safe. */
final class PeerConnections {
    private final int most;
    private final Map<String, Integer> open = new ConcurrentHashMap<>();

    /** @param most of one address at a time; 0 means no limit */
    PeerConnections(int most) {
        this.most = most;
    }

    /** Counts a connection until it closes; false if its address has too many, and then it is not counted. */
    boolean admit(HttpConnection connection) {
        SocketAddress address = connection.remoteAddress();
        String peer = address == null ? null : address.hostAddress();
        if (most == 0 || peer == null) {
            return true;
        }
        if (open.merge(peer, 1, Integer::sum) > most) {
            gone(peer);
            return false;
        }
        // Not the connection's own handler, which is forgotten once the connection is upgraded.
        Future<?> unused = ((ConnectionBase) connection).channel().closeFuture().addListener(closed -> gone(peer));
        return true;
    }

    private void gone(String peer) {
        open.computeIfPresent(peer, (same, count) -> count == 1 ? null : count - 1);
    }
}
