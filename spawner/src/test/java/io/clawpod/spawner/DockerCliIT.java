package io.clawpod.spawner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.clawpod.spawner.testing.CaseFiles;
import io.clawpod.spawner.testing.DockerCli;
import io.clawpod.spawner.testing.ShellCases;
import io.clawpod.spawner.testing.ShellCases.Case;
import io.clawpod.spawner.testing.SpawnerProcess;
import io.clawpod.spawner.testing.TestNamespace;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Docker's own command line, with the packaged spawner as its daemon and a real cluster under it. */
class DockerCliIT {
    private static final String FOLDER = "docker-cli";
    /** Each waits for the cluster most of the time. */
    private static final int AT_ONCE = 4;
    // The answer's status and body, of a request that Docker's clients would not send.
    private static final String PRELUDE =
            "ask() { curl -s -o answer -w '%{http_code} ' -H \"Authorization: Bearer $TOKEN\" \"$@\" && cat answer; }";

    @TempDir
    private static @Nullable Path folder;

    private static final Map<String, Future<List<String>>> RESULTS = new LinkedHashMap<>();
    private static final ExecutorService RUNNERS = Executors.newFixedThreadPool(AT_ONCE);
    private static @Nullable TestNamespace namespace;
    private static @Nullable SpawnerProcess process;

    @BeforeAll
    static void start() {
        assumeTrue(TestNamespace.isClusterNamed(), "KUBECONFIG names no cluster to test against");
        DockerCli.require("docker", "python3", "curl", "tar");
        TestNamespace made = new TestNamespace("docker");
        namespace = made;
        String listen = "tcp://127.0.0.1:" + SpawnerProcess.freePort();
        process = SpawnerProcess.start(
                        made.settings(),
                        Map.of(
                                "CLAWPOD_DOCKER_ENGINE_LISTEN", listen,
                                "CLAWPOD_DOCKER_DEFAULT_INSTALL", "cli",
                                // So long that a stop which is in time has gone by the grace that it asked for.
                                "CLAWPOD_POD_TERMINATION_GRACE", "PT10S"))
                .awaitReady();
        Map<String, String> environment = DockerCli.environment(listen, folder());
        cases().forEach(name -> RESULTS.put(
                name,
                RUNNERS.submit(() -> ShellCases.faults(find(name), PRELUDE, environment, folder().resolve(name)))));
    }

    private static Path folder() {
        return Objects.requireNonNull(folder);
    }

    /** File and case, by which a failure is found. */
    static Stream<String> cases() {
        return CaseFiles.files(FOLDER).stream()
                .flatMap(file -> ShellCases.of(FOLDER + "/" + file).stream().map(found -> file + ": " + found.name()));
    }

    private static Case find(String name) {
        String file = name.substring(0, name.indexOf(": "));
        return ShellCases.of(FOLDER + "/" + file).stream()
                .filter(found -> name.equals(file + ": " + found.name()))
                .findFirst()
                .orElseThrow();
    }

    @AfterAll
    static void stop() {
        RUNNERS.shutdownNow();
        if (process != null) {
            process.close();
        }
        if (namespace != null) {
            namespace.close();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void comesToWhatDockerComesTo(String name) throws InterruptedException, ExecutionException {
        List<String> faults = Objects.requireNonNull(RESULTS.get(name)).get();
        assertEquals(0, faults.size(), () -> String.join("\n", faults));
    }
}
