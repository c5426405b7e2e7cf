package io.clawpod.spawner.testing;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The packaged spawner in a process of its own, with a caller that is let in. */
public final class SpawnerProcess implements AutoCloseable {
    /** What lets its caller in. */
    public static final String TOKEN = "integration-caller-0123456789";

    private static final Duration START = Duration.ofSeconds(60);
    // As the Deployment runs it.
    private static final List<String> JVM = List.of(
            "-Xmx100m",
            "-XX:MaxDirectMemorySize=32m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:+ExitOnOutOfMemoryError");

    private final Process process;
    private final Path log;
    private final SpawnerClient client;

    private SpawnerProcess(Process process, Path log, SpawnerClient client) {
        this.process = process;
        this.log = log;
        this.client = client;
    }

    /**
     * Starts the packaged application; does not wait for it.
     *
     * @param settings environment variables besides those of this process
     */
    @SafeVarargs
    public static SpawnerProcess start(Map<String, String>... settings) {
        try {
            Path target = Path.of(System.getProperty("clawpod.root", ".."), "spawner", "target");
            Path log = Files.createTempFile(target, "spawner-", ".log");
            int port = freePort();
            List<String> command = new java.util.ArrayList<>();
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(JVM);
            command.add("-jar");
            command.add(target.resolve("quarkus-app/quarkus-run.jar").toString());
            ProcessBuilder builder = new ProcessBuilder(command);
            builder.redirectErrorStream(true).redirectOutput(log.toFile());
            Map<String, String> environment = builder.environment();
            environment.put("QUARKUS_HTTP_HOST", "127.0.0.1");
            environment.put("QUARKUS_HTTP_PORT", Integer.toString(port));
            environment.put(
                    "CLAWPOD_CALLERS_TOKEN_FILE", ApiProfile.callers(TOKEN).toString());
            for (Map<String, String> more : settings) {
                environment.putAll(more);
            }
            Process process = builder.start();
            return new SpawnerProcess(process, log, new SpawnerClient(URI.create("http://127.0.0.1:" + port), TOKEN));
        } catch (IOException e) {
            throw new UncheckedIOException("the spawner does not start; is it packaged?", e);
        }
    }

    /** A port that nobody listens at. */
    public static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until the spawner says that it is ready. */
    public SpawnerProcess awaitReady() {
        await().atMost(START).pollInterval(Duration.ofMillis(100)).until(this::isReady);
        return this;
    }

    /** Whether it says that it is ready; fails if the process has ended. */
    public boolean isReady() {
        if (!process.isAlive()) {
            throw new AssertionError("the spawner has ended with " + process.exitValue() + ":\n" + log());
        }
        return readiness().status() == 200;
    }

    /** What it says of its readiness; status 0 if it does not answer yet. */
    public SpawnerClient.Answer readiness() {
        try {
            return client.get("/q/health/ready");
        } catch (UncheckedIOException e) {
            return new SpawnerClient.Answer(0, null, "", com.fasterxml.jackson.databind.node.MissingNode.getInstance());
        }
    }

    public SpawnerClient client() {
        return client;
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Ends it as the kernel would for want of memory: no shutdown code runs. */
    public void kill() {
        process.destroyForcibly();
    }

    /** The memory that it has in the machine, in bytes (proc(5), VmRSS). */
    public long residentBytes() {
        try {
            return Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All it has logged. */
    public String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
