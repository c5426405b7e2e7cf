package io.clawpod.spawner.onecli;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.util.Optional;

/** Settings of what hosts are told that ask for OneCLI. */
@ConfigMapping(prefix = "clawpod.onecli")
public interface OneCliSettings {
    /** Certificates in PEM that agents shall trust, for routes that intercept TLS; without it none is handed out. */
    Optional<Path> caCertificate();

    /** Where a host mounts them in the container; absolute. OneCLI's own path, if not set. */
    @WithDefault("/tmp/onecli-gateway-ca.pem")
    String caCertificatePath();
}
