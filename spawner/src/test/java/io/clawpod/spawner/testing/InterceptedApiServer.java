package io.clawpod.spawner.testing;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;

/**
 * The real API server as seen through a plain-HTTP port on loopback, with the test's own rights, where the test decides
 * what becomes of each request that makes a Secret. Everything else passes byte by byte, watches and upgrades too.
 */
public final class InterceptedApiServer implements AutoCloseable {
    private final ServerSocket listener;
    private final URI upstream;
    private final SSLContext tls;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Path kubeconfig;
    private volatile SecretRequest onSecret = answer -> Fate.PASS;

    /** What becomes of a request. */
    public enum Fate {
        /** Goes on to the API server. */
        PASS,
        /** Vanishes with its connection. */
        DROP,
        /** Vanishes; the connection stays open and silent. */
        SWALLOW,
        /** Is answered with status 500. */
        FAIL,
        /** Reaches the API server, but the answer vanishes with the connection. */
        LOSE_ANSWER
    }

    /** Decides on each request that makes a Secret. */
    public interface SecretRequest {
        Fate decide(int number);
    }

    public InterceptedApiServer() {
        try {
            Config config = Config.autoConfigure(null);
            upstream = URI.create(config.getMasterUrl());
            tls = SSLUtils.sslContext(config);
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            kubeconfig = Files.createTempFile("kubeconfig", ".yaml");
            kubeconfig.toFile().deleteOnExit();
            Files.writeString(kubeconfig, """
                    apiVersion: v1
                    kind: Config
                    clusters: [{name: it, cluster: {server: "http://127.0.0.1:%d"}}]
                    users: [{name: it, user: {}}]
                    contexts: [{name: it, context: {cluster: it, user: it}}]
                    current-context: it
                    """.formatted(listener.getLocalPort()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the kubeconfig's certificates cannot be used", e);
        }
        threads.execute(this::accept);
    }

    /** The environment of a process that shall come this way. */
    public Map<String, String> settings() {
        return Map.of("KUBECONFIG", kubeconfig.toString());
    }

    public void onSecret(SecretRequest decision) {
        onSecret = decision;
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                open.add(client);
                threads.execute(() -> serve(client));
            } catch (IOException e) {
                // Closed: the loop ends.
            }
        }
    }

    private void serve(Socket client) {
        try (client;
                Socket server = tls.getSocketFactory().createSocket(upstream.getHost(), upstream.getPort())) {
            open.add(server);
            boolean[] mute = new boolean[1];
            threads.execute(() -> answers(server, client, mute));
            requests(client, server, mute);
        } catch (IOException e) {
            // Either end has hung up, and the other follows.
        }
    }

    private int secretRequests;

    private synchronized Fate fateOf(byte[] bytes, int length) {
        // A client writes a request's head in one go and begins no request before the last is answered (RFC 9112).
        String head = new String(bytes, 0, Math.min(length, 256), StandardCharsets.ISO_8859_1);
        boolean makesSecret = head.matches("(?s)POST /api/v1/namespaces/[^/ ]+/secrets[ ?].*");
        return makesSecret ? onSecret.decide(++secretRequests) : Fate.PASS;
    }

    private void requests(Socket client, Socket server, boolean[] mute) throws IOException {
        InputStream from = client.getInputStream();
        OutputStream to = server.getOutputStream();
        byte[] buffer = new byte[1 << 16];
        boolean swallow = false;
        for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
            Fate fate = fateOf(buffer, read);
            switch (fate) {
                case DROP -> {
                    return;
                }
                case FAIL -> {
                    swallow = true;
                    answer500(client);
                }
                case SWALLOW -> swallow = true;
                case LOSE_ANSWER -> mute[0] = true;
                case PASS -> {
                    // Goes on below.
                }
            }
            if (!swallow) {
                to.write(buffer, 0, read);
                to.flush();
            }
        }
    }

    private static void answer500(Socket client) throws IOException {
        String body = "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"message\":\"etcdserver:"
                + " leader changed\",\"code\":500}";
        String head = "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nConnection: close\r\n"
                + "Content-Length: " + body.length() + "\r\n\r\n";
        client.getOutputStream().write((head + body).getBytes(StandardCharsets.ISO_8859_1));
        client.getOutputStream().flush();
    }

    private static void answers(Socket server, Socket client, boolean[] mute) {
        byte[] buffer = new byte[1 << 16];
        try (server;
                client) {
            InputStream from = server.getInputStream();
            for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
                if (mute[0]) {
                    return;
                }
                client.getOutputStream().write(buffer, 0, read);
                client.getOutputStream().flush();
            }
        } catch (IOException e) {
            // Either end has hung up, and the other follows.
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
            for (Socket socket : open) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads.shutdownNow();
    }
}
