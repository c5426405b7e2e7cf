package io.clawpod.local.demo;

import io.clawpod.local.kubelet.Guard;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One of the two services, in a JVM of its own with a clean environment, as it runs in a cluster. */
final class ServiceProcess implements AutoCloseable {
    private static final Duration READY_WITHIN = Duration.ofSeconds(60);
    private static final int LOG_TAIL_LINES = 25;

    private final String name;
    private final Guard guard;
    private final Process process;
    private final Path log;
    private final URI readiness;

    /** The demo cannot go on, for a reason that its user is told. */
    static final class Failure extends Exception {
        Failure(String message) {
            super(message);
        }
    }

    /**
     * Starts it.
     *
     * @param jar the service's {@code quarkus-run.jar}
     * @param config its configuration; nothing in it may be secret, since other users can see it
     * @param readiness answers 200 as soon as the service is ready
     */
    ServiceProcess(String name, Guard guard, Path jar, Map<String, String> config, Path folder, URI readiness)
            throws IOException, Failure {
        if (!Files.isRegularFile(jar)) {
            throw new Failure(name + " is not built: there is no " + jar
                    + "; run `mvn -q -DskipTests -Pdemo verify` in the project's folder");
        }
        this.name = name;
        this.guard = guard;
        this.readiness = readiness;
        Files.createDirectories(folder);
        log = folder.resolve(name + ".log");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx192m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto"));
        config.forEach((key, value) -> command.add("-D" + key + "=" + value));
        command.addAll(List.of("-jar", jar.toString()));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/bin:/bin");
        builder.environment().put("HOME", folder.toString());
        process = guard.start(builder);
    }

    Path log() {
        return log;
    }

    /** Waits until it is ready. */
    void awaitReady(HttpClient http) throws Failure, InterruptedException, IOException {
        long until = System.nanoTime() + READY_WITHIN.toNanos();
        String last = "no answer";
        while (System.nanoTime() < until) {
            if (!process.isAlive()) {
                throw new Failure(name + " ended with " + process.exitValue() + "; the end of its log:\n" + logTail());
            }
            try {
                HttpRequest request = HttpRequest.newBuilder(readiness)
                        .timeout(Duration.ofSeconds(2))
                        .build();
                HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
                if (response.statusCode() == 200) {
                    return;
                }
                last = response.statusCode() + " " + response.body();
            } catch (IOException e) {
                last = String.valueOf(e);
            }
            Thread.sleep(100);
        }
        throw new Failure(name + " is not ready after " + READY_WITHIN.toSeconds() + " s: " + last
                + "\nthe end of its log:\n" + logTail());
    }

    String logTail() throws IOException {
        List<String> lines = Files.readAllLines(log);
        return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size()));
    }

    @Override
    public void close() {
        process.destroy();
        try {
            process.waitFor(3, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        guard.kill(process);
    }
}
