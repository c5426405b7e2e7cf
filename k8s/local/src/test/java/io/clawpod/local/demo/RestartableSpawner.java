package io.clawpod.local.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.clawpod.common.SecretText;
import io.clawpod.local.EmbeddedCluster;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The real spawner on the embedded cluster, for the tests of another process: that one starts and stops it by {@code POST
 * /start} and {@code POST /stop} on a control port, and gets the answer once it is done.
 */
final class RestartableSpawner implements AutoCloseable {
    static final String IMAGE = "agent:1";

    private final HttpClient http = HttpClient.newHttpClient();
    private final EmbeddedCluster cluster = EmbeddedCluster.start();
    private final Path jar;
    private final Path host;
    private final Path callers;
    private final Path token;
    private final int port;
    private final HttpServer control;
    private @Nullable ServiceProcess process;

    RestartableSpawner(Path jar) throws IOException {
        this.jar = jar;
        host = Files.createDirectories(cluster.folder().toRealPath().resolve("host"));
        SecretText secret = SecretText.of("host-token-for-tests-0123456789");
        callers = Files.writeString(cluster.folder().resolve("callers"), "host " + secret.reveal() + "\n");
        token = Files.writeString(cluster.folder().resolve("token"), secret.reveal() + "\n");
        Path image = cluster.folder().resolve("image");
        Files.createDirectories(image.resolve("bin"));
        cluster.registerImage(IMAGE, image);
        port = freePort();
        try (KubernetesClient client = new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(Config.empty())
                        .withMasterUrl(cluster.apiServerUrl())
                        .build())
                .build()) {
            Manifests.apply(client, port, port);
        }
        control = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        control.createContext("/start", exchange -> answer(exchange, this::start));
        control.createContext("/stop", exchange -> answer(exchange, this::stop));
        control.start();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** What the tests need to know, by the names under which they look for it. */
    Map<String, String> environment() {
        return Map.of(
                "CLAWPOD_URL",
                "http://127.0.0.1:" + port,
                "CLAWPOD_TOKEN_FILE",
                token.toString(),
                "CLAWPOD_TEST_CONTROL",
                "http://127.0.0.1:" + control.getAddress().getPort(),
                "CLAWPOD_TEST_KUBERNETES",
                cluster.apiServerUrl(),
                "CLAWPOD_TEST_HOST_FOLDER",
                host.toString(),
                "CLAWPOD_TEST_IMAGE",
                IMAGE);
    }

    void start() throws IOException, InterruptedException, ServiceProcess.Failure {
        String url = "http://127.0.0.1:" + port;
        process = new ServiceProcess(
                "spawner",
                cluster.guard(),
                jar,
                Map.of(
                        "quarkus.http.host",
                        "127.0.0.1",
                        "quarkus.http.port",
                        String.valueOf(port),
                        "quarkus.kubernetes-client.api-server-url",
                        cluster.apiServerUrl(),
                        "quarkus.kubernetes-client.namespace",
                        Manifests.SYSTEM,
                        "clawpod.agents.namespace",
                        Manifests.AGENTS,
                        "clawpod.callers.token-file",
                        callers.toString(),
                        "clawpod.volumes.rules[0].host-prefix",
                        host.toString(),
                        "clawpod.volumes.rules[0].source",
                        "hostPath"),
                cluster.folder().resolve("services"),
                URI.create(url + "/q/health/ready"));
        process.awaitReady(http);
    }

    private void stop() {
        if (process != null) {
            process.close();
        }
    }

    private interface Action {
        void run() throws Exception;
    }

    private static void answer(HttpExchange exchange, Action action) throws IOException {
        int status = 200;
        byte[] body = new byte[0];
        try {
            action.run();
        } catch (Exception e) {
            status = 500;
            body = String.valueOf(e).getBytes(StandardCharsets.UTF_8);
        }
        try (exchange) {
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        control.stop(0);
        stop();
        cluster.close();
    }
}
