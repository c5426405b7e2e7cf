package io.clawpod.proxy.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** An upstream on a bare socket, which answers with exactly the bytes that it is told. */
public final class RawUpstream implements AutoCloseable {
    private final ServerSocket listening;
    private final BlockingQueue<Socket> accepted = new LinkedBlockingQueue<>();

    public RawUpstream() {
        try {
            listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread acceptor = new Thread(this::accept, "raw-upstream");
        acceptor.setDaemon(true);
        acceptor.start();
    }

    public int port() {
        return listening.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                accepted.add(listening.accept());
            }
        } catch (IOException e) {
            // Closed: the test is over.
        }
    }

    /** The next connection; fails the test if none comes. */
    public Peer next() throws InterruptedException {
        Socket socket = accepted.poll(10, TimeUnit.SECONDS);
        if (socket == null) {
            throw new AssertionError("no connection reached the upstream");
        }
        return new Peer(socket);
    }

    /** Sends a request to the proxy, and gives the connection that it opens. */
    public Peer next(RawPeer client, String request) throws IOException, InterruptedException {
        client.send(request);
        return next();
    }

    /** Whether nobody has connected beyond those that were taken. */
    public boolean nobody() {
        return accepted.isEmpty();
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }

    /** One connection. */
    public static final class Peer implements AutoCloseable {
        private final Socket socket;

        Peer(Socket socket) {
            this.socket = socket;
        }

        /** Reads a request's head. */
        public String head() throws IOException {
            return readTo("\r\n\r\n");
        }

        public String readTo(String mark) throws IOException {
            socket.setSoTimeout(10_000);
            StringBuilder text = new StringBuilder();
            InputStream in = socket.getInputStream();
            while (text.indexOf(mark) < 0) {
                int c = in.read();
                if (c < 0) {
                    throw new AssertionError("ended before '" + mark + "': " + text);
                }
                text.append((char) c);
            }
            return text.toString();
        }

        public Peer send(String latin1) throws IOException {
            return send(latin1.getBytes(StandardCharsets.ISO_8859_1));
        }

        public Peer send(byte[] bytes) throws IOException {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
            return this;
        }

        /** Waits until the other end has closed. */
        public void awaitGone() throws IOException {
            socket.setSoTimeout(10_000);
            try {
                while (socket.getInputStream().read() >= 0) {
                    // What is still on its way does not matter.
                }
            } catch (java.net.SocketException e) {
                // Reset is gone as well.
            }
        }

        /** Closes so that the other end gets a reset. */
        public void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
