package io.clawpod.spawner.docker.engine;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A unix socket, whose connections it carries to a port of the loopback interface. Netty's own unix sockets need a native
 * library, or close both halves of a connection when the client closes one, as docker does at the end of its input. Whoever
 * comes through it is known by the port that the relay calls from, so that nobody else is taken for it.
 */
final class UnixRelay implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(UnixRelay.class);
    private static final int MAX_CONNECTIONS = 256;
    private static final int BUFFER = 1 << 14;

    private final ServerSocketChannel server;
    private final InetSocketAddress target;
    private final Set<Integer> ports = ConcurrentHashMap.newKeySet();
    private final Semaphore free = new Semaphore(MAX_CONNECTIONS);

    private UnixRelay(ServerSocketChannel server, InetSocketAddress target) {
        this.server = server;
        this.target = target;
    }

    /**
     * Listens from now on.
     *
     * @param path where nothing is
     * @param port on the loopback interface
     */
    static UnixRelay start(Path path, int port) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(path));
        UnixRelay relay = new UnixRelay(server, new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        thread("accept", relay::accept);
        return relay;
    }

    /** Whether a connection from that port of the loopback interface is the relay's own. */
    boolean isOurs(int port) {
        return ports.contains(port);
    }

    private static void thread(String name, Runnable work) {
        Thread thread = new Thread(work, "docker-socket-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                SocketChannel client = server.accept();
                if (free.tryAcquire()) {
                    carry(client);
                } else {
                    LOG.warnf("docker socket full connections=%d", MAX_CONNECTIONS);
                    client.close();
                }
            } catch (IOException e) {
                // Closed, or a client that was gone before it was let in.
                LOG.debugf(
                        "docker socket accepts nothing fault=%s", e.getClass().getSimpleName());
            }
        }
    }

    private void carry(SocketChannel client) throws IOException {
        SocketChannel service = null;
        int port = -1;
        try {
            service = SocketChannel.open();
            service.bind(new InetSocketAddress(target.getAddress(), 0));
            port = ((InetSocketAddress) service.getLocalAddress()).getPort();
            // Known before it calls.
            ports.add(port);
            service.connect(target);
        } catch (IOException e) {
            end(client, service, port);
            throw e;
        }
        SocketChannel connected = service;
        int from = port;
        AtomicInteger halves = new AtomicInteger(2);
        thread("in", () -> copy(client, connected, halves, from));
        thread("out", () -> copy(connected, client, halves, from));
    }

    /** Carries one half; its end closes only that half at the other side. */
    private void copy(SocketChannel from, SocketChannel to, AtomicInteger halves, int port) {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
        try {
            while (from.read(buffer) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    to.write(buffer);
                }
                buffer.clear();
            }
            to.shutdownOutput();
        } catch (IOException e) {
            // One side is gone, and so is the whole.
            close(from);
            close(to);
        } finally {
            if (halves.decrementAndGet() == 0) {
                end(from, to, port);
            }
        }
    }

    private void end(SocketChannel one, @Nullable SocketChannel other, int port) {
        close(one);
        if (other != null) {
            close(other);
        }
        ports.remove(port);
        free.release();
    }

    private static void close(AutoCloseable channel) {
        try {
            channel.close();
        } catch (Exception e) {
            LOG.debugf("docker socket not closed fault=%s", e.getClass().getSimpleName());
        }
    }

    @Override
    public void close() {
        close(server);
    }
}
