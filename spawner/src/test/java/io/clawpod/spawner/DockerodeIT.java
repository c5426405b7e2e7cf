package io.clawpod.spawner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.clawpod.spawner.testing.DockerCli;
import io.clawpod.spawner.testing.ShellCases;
import io.clawpod.spawner.testing.ShellCases.Case;
import io.clawpod.spawner.testing.ShellCases.Step;
import io.clawpod.spawner.testing.SpawnerProcess;
import io.clawpod.spawner.testing.TestNamespace;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The client library of Node.js programs, with the packaged spawner as its daemon. */
class DockerodeIT {
    private static final Case CALLS = new Case(
            "calls",
            List.of(
                    new Step("npm ci --ignore-scripts --no-audit --no-fund", 0, null, null, ".*"),
                    new Step("node calls.js", 0, "", null, null)));

    @Test
    void itsCallsComeToWhatTheyComeToWithDocker(@TempDir Path folder) {
        assumeTrue(TestNamespace.isClusterNamed(), "KUBECONFIG names no cluster to test against");
        DockerCli.require("node", "npm");
        String listen = "tcp://127.0.0.1:" + SpawnerProcess.freePort();
        try (TestNamespace namespace = new TestNamespace("dockerode");
                SpawnerProcess process = SpawnerProcess.start(
                        namespace.settings(),
                        Map.of("CLAWPOD_DOCKER_ENGINE_LISTEN", listen, "CLAWPOD_DOCKER_DEFAULT_INSTALL", "cli"))) {
            process.awaitReady();
            List<String> faults = ShellCases.faults(
                    CALLS, "", DockerCli.environment(listen, folder), Path.of("src", "test", "clients", "dockerode"));
            assertEquals(0, faults.size(), () -> String.join("\n", faults));
        }
    }
}
