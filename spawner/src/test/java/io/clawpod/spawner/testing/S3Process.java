package io.clawpod.spawner.testing;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Versity's S3 gateway over a folder, in a process of its own, on loopback, with one user and one bucket. */
public final class S3Process implements AutoCloseable {
    public static final String ACCESS = "archivist";
    public static final String SECRET = "correct-horse";
    public static final String BUCKET = "kept";
    private static final Duration START = Duration.ofSeconds(30);

    private final Process process;
    private final Path log;
    private final int port = SpawnerProcess.freePort();

    /** @param folder where it keeps all; the caller deletes it */
    public S3Process(Path folder) {
        log = folder.resolve("log");
        try {
            Path data = Files.createDirectories(folder.resolve("data").resolve(BUCKET))
                    .getParent();
            ProcessBuilder builder = new ProcessBuilder(
                    "versitygw",
                    "--port",
                    "127.0.0.1:" + port,
                    "--access",
                    ACCESS,
                    "--secret",
                    SECRET,
                    "posix",
                    "--sidecar",
                    Files.createDirectories(folder.resolve("sidecar")).toString(),
                    String.valueOf(data));
            process = builder.redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "versitygw does not start; go install github.com/versity/versitygw/cmd/versitygw@v1.8.0, as .ci/run does",
                    e);
        }
        await().atMost(START).until(this::isUp);
    }

    private boolean isUp() throws IOException {
        if (!process.isAlive()) {
            throw new AssertionError("versitygw has ended:\n" + Files.readString(log));
        }
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + port);
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit().orTimeout(10, java.util.concurrent.TimeUnit.SECONDS).join();
    }
}
