package io.clawpod.spawner.docker.engine;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Settings of the Docker Engine API. */
@ConfigMapping(prefix = "clawpod.docker-engine")
public interface EngineSettings {
    /** Where it is served: {@code tcp://host:port} and {@code unix:///path}; absent for nowhere. */
    Optional<List<String>> listen();

    /**
     * Name of a TLS configuration ({@code quarkus.tls.<name>}) for what is served by TCP. With a trust store in it, clients
     * need a certificate and no token.
     */
    Optional<String> tlsConfiguration();

    /** How long a start waits for its agent to run. */
    @WithDefault("PT10M")
    Duration startTimeout();
}
