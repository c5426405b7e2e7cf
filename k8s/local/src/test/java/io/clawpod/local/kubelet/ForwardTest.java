package io.clawpod.local.kubelet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ForwardTest {
    private static final InetAddress POD = new InetSocketAddress("127.0.77.7", 0).getAddress();

    private static final int PATIENCE_MS = 30_000;

    private ServerSocket backend;
    private Forward forward;

    @BeforeEach
    void start() throws IOException {
        backend = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        backend.setSoTimeout(PATIENCE_MS);
        forward = new Forward(POD, () -> (InetSocketAddress) backend.getLocalSocketAddress());
    }

    @AfterEach
    void stop() throws IOException {
        forward.close();
        backend.close();
    }

    private Socket connect() throws IOException {
        Socket client = new Socket();
        client.setSoTimeout(PATIENCE_MS);
        client.connect(forward.address());
        return client;
    }

    @Test
    void bytesPassAtOnceAndOneSideCanEndBeforeTheOther() throws IOException {
        try (Socket client = connect();
                Socket service = backend.accept()) {
            assertEquals(POD, service.getInetAddress());
            client.getOutputStream().write('a');
            assertEquals('a', service.getInputStream().read());
            client.shutdownOutput();
            assertEquals(-1, service.getInputStream().read());
            service.getOutputStream().write(new byte[] {'b', 'c'});
            assertArrayEquals(new byte[] {'b', 'c'}, client.getInputStream().readNBytes(2));
            service.close();
            assertEquals(-1, client.getInputStream().read());
        }
    }

    @Test
    void aResetOfTheServiceResetsTheClient() throws IOException {
        try (Socket client = connect();
                Socket service = backend.accept()) {
            client.getOutputStream().write('a');
            assertEquals('a', service.getInputStream().read());
            service.setSoLinger(true, 0);
            service.close();
            assertThrows(SocketException.class, () -> client.getInputStream().read());
        }
    }

    @Test
    void aResetOfTheClientResetsTheService() throws IOException {
        try (Socket client = connect();
                Socket service = backend.accept()) {
            client.getOutputStream().write('a');
            assertEquals('a', service.getInputStream().read());
            client.setSoLinger(true, 0);
            client.close();
            service.setSoTimeout(PATIENCE_MS);
            assertThrows(SocketException.class, () -> service.getInputStream().read());
        }
    }

    @Test
    void withoutABackendTheConnectionIsReset() throws IOException {
        backend.close();
        try (Socket client = connect()) {
            assertThrows(SocketException.class, () -> client.getInputStream().read());
        }
    }
}
