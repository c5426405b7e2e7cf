package io.clawpod.spawner.testing;

import com.sun.net.httpserver.HttpServer;
import io.clawpod.common.Digests;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A registry that the test cluster's node reaches by plain HTTP, and none of whose images can be had: {@code locked/…} asks for
 * a password, {@code arm/…} is for arm64 alone, and all others are not there.
 */
public final class FaultyRegistry implements AutoCloseable {
    private static final String ARM_ONLY = "{\"schemaVersion\":2,\"mediaType\":\"" + SampleImage.INDEX
            + "\",\"manifests\":[{\"mediaType\":\"" + SampleImage.MANIFEST + "\",\"size\":2,\"digest\":\"sha256:"
            + "1".repeat(64) + "\",\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\"}}]}";

    private final HttpServer server;
    private final Path hosts;

    /** @param address of this machine as the node sees it; a host without a port */
    public FaultyRegistry(String address) {
        try {
            server = HttpServer.create(new InetSocketAddress(address, 0), 0);
            server.createContext("/v2/", exchange -> {
                try (exchange) {
                    String path = exchange.getRequestURI().getPath();
                    boolean arm = path.startsWith("/v2/arm/");
                    byte[] body = (arm ? ARM_ONLY : "{}").getBytes(StandardCharsets.UTF_8);
                    if (arm) {
                        exchange.getResponseHeaders().set("Content-Type", SampleImage.INDEX);
                        exchange.getResponseHeaders()
                                .set("Docker-Content-Digest", "sha256:" + Digests.hex("SHA-256", body, 64));
                    }
                    boolean head = exchange.getRequestMethod().equals("HEAD");
                    if (head) {
                        exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
                    }
                    exchange.sendResponseHeaders(
                            arm ? 200 : path.startsWith("/v2/locked/") ? 401 : 404, head ? -1 : body.length);
                    if (!head) {
                        exchange.getResponseBody().write(body);
                    }
                }
            });
            server.start();
            hosts = hosts().resolve(host());
            Files.createDirectories(hosts);
            Files.writeString(hosts.resolve("hosts.toml"), """
                    server = "http://%s"
                    [host."http://%s"]
                      capabilities = ["pull", "resolve"]
                    """.formatted(host(), host()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where the test cluster's node looks for how to reach registries. */
    private static Path hosts() {
        return Path.of(System.getenv("KUBECONFIG")).resolveSibling("registry-hosts");
    }

    /** The address of this machine as the node sees it; null if the cluster is none that can be told of registries. */
    public static @Nullable String address() {
        String script = System.getenv("CLAWPOD_TEST_CLUSTER");
        if (script == null || !Files.isDirectory(hosts())) {
            return null;
        }
        try {
            Process process = new ProcessBuilder(script, "registry")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0
                    ? printed.substring(0, printed.indexOf(':'))
                    : null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    /** {@code host:port}. */
    public String host() {
        return server.getAddress().getAddress().getHostAddress() + ":"
                + server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        try {
            Files.delete(hosts.resolve("hosts.toml"));
            Files.delete(hosts);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
