package io.clawpod.manifests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Docker's own client, as a host calls it.
 *
 * @param host its DOCKER_HOST
 * @param config the folder of its config.json
 */
record DockerCommand(String host, Path config) {
    /** What came of a call. */
    record Result(int exitCode, String output, String error) {}

    Result run(List<String> arguments) {
        List<String> line = new ArrayList<>(List.of("docker"));
        line.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(line);
        builder.environment().put("DOCKER_HOST", host);
        builder.environment().put("DOCKER_CONFIG", config.toString());
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            CompletableFuture<String> error = CompletableFuture.supplyAsync(() -> {
                try {
                    return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Result(process.waitFor(), output, error.join());
        } catch (IOException e) {
            throw new UncheckedIOException("install Docker's client (Debian: docker.io, or docker-cli)", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
