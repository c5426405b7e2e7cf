package io.clawpod.manifests;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The alerts of the component "prometheus", fired by Prometheus' own tool on series that are written down. */
final class AlertsTest {
    private static final String TOOL = "promtool";

    @Test
    void eachAlertFiresWhenItShouldAndStaysSilentWhenAllIsWell(@TempDir Path folder) throws IOException {
        assumeTrue(isOnPath(), TOOL + " is not on the path: the alerts were not tried");
        Map<String, Object> spec = Map.of(
                "groups",
                Manifests.with("prometheus").custom("PrometheusRule").get(0).get("spec", "groups"));
        Files.writeString(folder.resolve("rules.yaml"), new KubernetesSerialization().asYaml(spec));
        Path cases = folder.resolve("alerts.yaml");
        try (InputStream in = getClass().getResourceAsStream("/alerts/alerts.yaml")) {
            Files.copy(Objects.requireNonNull(in), cases);
        }

        Command.run(
                TOOL,
                "check",
                "rules",
                "--lint-fatal",
                folder.resolve("rules.yaml").toString());
        Command.run(TOOL, "test", "rules", cases.toString());
    }

    private static boolean isOnPath() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, TOOL)));
    }
}
