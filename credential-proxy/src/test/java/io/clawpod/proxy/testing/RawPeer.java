package io.clawpod.proxy.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client on a bare socket, which sends exactly what it is told. */
public final class RawPeer implements AutoCloseable {
    private final Socket socket;

    public RawPeer(int port) throws IOException {
        this(port, "127.0.0.1");
    }

    /** @param from the address that the other end sees; any of 127.0.0.0/8 */
    public RawPeer(int port, String from) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port, InetAddress.getByName(from), 0);
        socket.setSoTimeout(10_000);
    }

    public RawPeer send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
        return this;
    }

    /** Reads until {@code mark} has come. */
    public String readTo(String mark) throws IOException {
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

    /** Reads until the other end closes; a reset is an end as well. */
    public String readAll() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            socket.getInputStream().transferTo(bytes);
        } catch (java.net.SocketException e) {
            // Reset by the peer: what came before it counts.
        }
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
