package io.clawpod.spawner.testing;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What Docker's command line needs of its environment, and that it is there at all. */
public final class DockerCli {
    private DockerCli() {}

    /** Fails, and says what to install, unless all the programs are there that cases are written with. */
    public static void require(String... programs) {
        for (String program : programs) {
            boolean found = List.of(System.getenv("PATH").split(File.pathSeparator, -1)).stream()
                    .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
            if (!found) {
                throw new AssertionError(program
                        + " is missing; install it (Debian: docker.io or docker-cli, python3, curl), as .ci/run does");
            }
        }
    }

    /**
     * The environment of a client with a token.
     *
     * @param host as of {@code DOCKER_HOST}
     * @param folder where its configuration goes
     */
    public static Map<String, String> environment(String host, Path folder) {
        try {
            Path config = Files.createDirectories(folder.resolve("docker-config"));
            Files.writeString(
                    config.resolve("config.json"),
                    "{\"HttpHeaders\":{\"Authorization\":\"Bearer " + SpawnerProcess.TOKEN + "\"}}");
            Map<String, String> environment = new HashMap<>();
            environment.put("DOCKER_HOST", host);
            environment.put("DOCKER_CONFIG", config.toString());
            environment.put("IMAGE", Agents.IMAGE);
            environment.put("TOKEN", SpawnerProcess.TOKEN);
            environment.put("ENGINE", host.replace("tcp://", "http://"));
            return environment;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
