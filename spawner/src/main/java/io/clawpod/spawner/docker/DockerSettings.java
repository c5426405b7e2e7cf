package io.clawpod.spawner.docker;

import io.smallrye.config.ConfigMapping;
import java.util.Optional;

/** Settings of what Docker's callers ask for. */
@ConfigMapping(prefix = "clawpod.docker")
public interface DockerSettings {
    /** The install of a session that names none, as those of v1 hosts; without it such a session is refused. */
    Optional<String> defaultInstall();

    /**
     * The heartbeat file of sessions that have something mounted at {@code /workspace}, as those of a NanoClaw host have;
     * absent for none.
     */
    Optional<String> heartbeatFile();
}
