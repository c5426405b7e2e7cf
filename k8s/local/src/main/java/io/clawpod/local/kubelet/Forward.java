package io.clawpod.local.kubelet;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Carries the connections of one pod to one port of a Service, as kube-proxy does: the backend sees them come from the pod's
 * own address. Bytes pass as they come; the end of a stream and a reset pass too.
 */
final class Forward implements AutoCloseable {
    private static final int BUFFER_BYTES = 16 * 1024;
    private static final int CONNECT_TIMEOUT_MS = 5_000;

    private final InetAddress pod;
    private final Supplier<@Nullable InetSocketAddress> backend;
    private final ServerSocket listener;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    /** @param backend asked for each connection; null when the Service has none, and then the connection is refused */
    Forward(InetAddress pod, Supplier<@Nullable InetSocketAddress> backend) throws IOException {
        this.pod = pod;
        this.backend = backend;
        listener = new ServerSocket();
        listener.bind(new InetSocketAddress(pod, 0));
        start("forward-accept", this::accept);
    }

    /** Where the pod's processes connect to. */
    InetSocketAddress address() {
        return (InetSocketAddress) listener.getLocalSocketAddress();
    }

    private static void start(String name, Runnable work) {
        Thread thread = new Thread(null, work, name, BUFFER_BYTES * 8L);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                open.add(client);
                start("forward", () -> connect(client));
            } catch (IOException e) {
                // Closed, or a client that was gone before it was accepted; the loop's condition tells which.
            }
        }
    }

    private void connect(Socket client) {
        Socket service = new Socket();
        open.add(service);
        InetSocketAddress to = backend.get();
        try {
            if (to == null || listener.isClosed()) {
                throw new IOException("no backend");
            }
            service.bind(new InetSocketAddress(pod, 0));
            service.connect(to, CONNECT_TIMEOUT_MS);
            client.setTcpNoDelay(true);
            service.setTcpNoDelay(true);
        } catch (IOException e) {
            reset(client);
            reset(service);
            return;
        }
        start("forward-back", () -> pump(service, client));
        pump(client, service);
    }

    /** Copies until the end of {@code from}, which becomes the end of {@code to}; a failure of one side resets the other. */
    private void pump(Socket from, Socket to) {
        byte[] buffer = new byte[BUFFER_BYTES];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                out.write(buffer, 0, n);
            }
            to.shutdownOutput();
            if (from.isOutputShutdown()) {
                close(from);
                close(to);
            }
        } catch (IOException e) {
            reset(from);
            reset(to);
        }
    }

    /** With a linger of zero the kernel sends RST instead of FIN. */
    private void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            // It is closed already.
        }
        close(socket);
    }

    private void close(Socket socket) {
        open.remove(socket);
        try {
            socket.close();
        } catch (IOException e) {
            // Nothing is left to close.
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            // It listens no more in any case.
        }
        open.forEach(this::reset);
    }
}
