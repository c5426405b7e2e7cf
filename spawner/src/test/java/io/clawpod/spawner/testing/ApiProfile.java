package io.clawpod.spawner.testing;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A spawner with one caller and a rule for the folder that hosts are installed in. */
public final class ApiProfile implements QuarkusTestProfile {
    public static final String TOKEN = "test-caller-token-0123456789";

    @Override
    public Map<String, String> getConfigOverrides() {
        return Map.of(
                "quarkus.kubernetes-client.devservices.enabled",
                "false",
                "quarkus.log.category.\"io.fabric8.mockwebserver\".level",
                "WARN",
                "clawpod.callers.token-file",
                callers(TOKEN).toString(),
                "clawpod.volumes.rules[0].host-prefix",
                "/opt/nanoclaw",
                "clawpod.volumes.rules[0].source",
                "pvc:nanoclaw");
    }

    /** A token file with the caller {@code host}; goes when the process ends. */
    static Path callers(String token) {
        try {
            Path file = Files.createTempFile("callers", "");
            file.toFile().deleteOnExit();
            return Files.writeString(file, "# callers of the test\nhost " + token + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
