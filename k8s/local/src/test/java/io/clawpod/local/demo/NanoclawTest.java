package io.clawpod.local.demo;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * The tests of spawner/nanoclaw, against the real spawner. They need node and npm, and a spawner that is packaged, as it is in
 * {@code mvn verify}. Where CLAWPOD_NODE_TESTS is {@code required}, as in CI, a machine without them fails.
 */
class NanoclawTest {
    private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
    private static final Path SPAWNER = ROOT.resolve("spawner/target/quarkus-app/quarkus-run.jar");

    @Test
    void nodesTestsPassAgainstTheRealSpawner() throws Exception {
        NanoclawPackage nanoclaw = new NanoclawPackage(ROOT.resolve("spawner/nanoclaw"));
        String obstacle = nanoclaw.obstacle();
        if (obstacle.isEmpty() && !Files.exists(SPAWNER)) {
            obstacle = "the spawner is not packaged (mvn verify does it)";
        }
        if (!obstacle.isEmpty()) {
            skip(obstacle);
        }
        nanoclaw.install();
        nanoclaw.build();
        try (RestartableSpawner spawner = new RestartableSpawner(SPAWNER)) {
            spawner.start();
            nanoclaw.test(spawner.environment());
        }
    }

    private static void skip(String obstacle) {
        String what = "the tests of spawner/nanoclaw: " + obstacle;
        if ("required".equals(System.getenv("CLAWPOD_NODE_TESTS"))) {
            fail("cannot run " + what);
        }
        // Maven tells only how many tests it skipped, not why.
        System.err.println("SKIPPED: " + what);
        abort(what);
    }
}
