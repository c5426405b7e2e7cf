package io.clawpod.spawner.testing;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;

/** Debian's docker-registry in a process of its own, on loopback, with one user. */
public final class RegistryProcess implements AutoCloseable {
    public static final String USER = "user";
    public static final String PASSWORD = "correct-horse";
    // bcrypt of the password; the registry takes no other kind.
    private static final String HASH = "$2b$04$/Orw3QkG/4ac56h0EQxYhuWNwveH1DQnGKTCuW6iSW0OD9qYhGN4.";
    private static final Duration START = Duration.ofSeconds(30);

    private final HttpClient http = HttpClient.newHttpClient();
    private final Process process;
    private final Path log;
    private final int port;

    /** @param folder where it keeps all; the caller deletes it */
    public RegistryProcess(Path folder) {
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        log = folder.resolve("log");
        try {
            Path users = Files.writeString(folder.resolve("users"), USER + ":" + HASH + "\n");
            Path config =
                    Files.writeString(folder.resolve("config.yml"), """
                    version: 0.1
                    log: {level: warn}
                    storage: {filesystem: {rootdirectory: "%s"}, delete: {enabled: true}}
                    http: {addr: "127.0.0.1:%d"}
                    auth: {htpasswd: {realm: test, path: "%s"}}
                    """.formatted(folder.resolve("data"), port, users));
            process = new ProcessBuilder("docker-registry", "serve", config.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "docker-registry does not start; install Debian's package docker-registry", e);
        }
        await().atMost(START).until(this::isUp);
    }

    private boolean isUp() throws IOException {
        if (!process.isAlive()) {
            throw new AssertionError("docker-registry has ended:\n" + Files.readString(log));
        }
        try {
            return send(request("/v2/").GET()).statusCode() == 200;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    /** {@code host:port}. */
    public String host() {
        return "127.0.0.1:" + port;
    }

    private HttpRequest.Builder request(String path) {
        URI uri = URI.create("http://" + host()).resolve(path);
        String pair = USER + ":" + PASSWORD;
        return HttpRequest.newBuilder(uri)
                .timeout(START)
                .header(
                        "Authorization",
                        "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8)));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private HttpResponse<String> require(int status, HttpRequest.Builder request) {
        HttpResponse<String> response = send(request);
        if (response.statusCode() != status) {
            throw new AssertionError(response.uri() + " answers " + response.statusCode() + " " + response.body());
        }
        return response;
    }

    /** Pushes blobs, manifests and the tag by the registry's API (OCI distribution 1.1, "Pushing"). */
    public void push(SampleImage image, String repository, String tag) {
        image.blobs().forEach((digest, content) -> {
            HttpResponse<String> begun = require(
                    202, request("/v2/" + repository + "/blobs/uploads/").POST(BodyPublishers.noBody()));
            String upload = begun.headers().firstValue("Location").orElseThrow();
            require(
                    201,
                    request(upload + "&digest=" + digest)
                            .header("Content-Type", "application/octet-stream")
                            .PUT(BodyPublishers.ofByteArray(content)));
        });
        for (Map.Entry<String, byte[]> manifest : image.manifests().entrySet()) {
            boolean index = manifest.getKey().equals(image.index());
            require(
                    201,
                    request("/v2/" + repository + "/manifests/" + (index ? tag : manifest.getKey()))
                            .header("Content-Type", index ? SampleImage.INDEX : SampleImage.MANIFEST)
                            .PUT(BodyPublishers.ofByteArray(manifest.getValue())));
        }
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit().orTimeout(10, java.util.concurrent.TimeUnit.SECONDS).join();
    }
}
