package io.clawpod.spawner.onecli;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.session.ContainerPath;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What a host puts into an agent's container. The SDK writes the certificate to a file and mounts it whatever it is, so
 * neither text may be absent: without a certificate the first is empty.
 *
 * @param env for the container
 * @param caCertificate PEM, or empty
 * @param caCertificateContainerPath where it is mounted
 */
@RegisterForReflection
@JsonPropertyOrder({"env", "caCertificate", "caCertificateContainerPath"})
@Schema(name = "ContainerConfig", description = "What a host puts into an agent's container.")
record ContainerConfig(
        Map<String, String> env,

        @Schema(description = "PEM; empty when agents need to trust no further certificate")
        String caCertificate,

        String caCertificateContainerPath) {

    /** @throws InvalidValue whose field is the setting's full name */
    static ContainerConfig of(String proxyUrl, OneCliSettings settings) {
        String path = ContainerPath.normalise("clawpod.onecli.ca-certificate-path", settings.caCertificatePath());
        if (path.equals("/")) {
            throw new InvalidValue("clawpod.onecli.ca-certificate-path", "is no file", "name a file below /");
        }
        String certificate = settings.caCertificate().map(CaCertificates::read).orElse("");
        Map<String, String> env = new LinkedHashMap<>();
        env.put("ANTHROPIC_BASE_URL", proxyUrl);
        // The pod gets its session's token instead: the planner replaces the variable.
        env.put("ANTHROPIC_API_KEY", "placeholder");
        if (!certificate.isEmpty()) {
            // Node.js reads no other file (nodejs.org/api/cli.html, NODE_EXTRA_CA_CERTS); the SDK sets SSL_CERT_FILE.
            env.put("NODE_EXTRA_CA_CERTS", path);
        }
        return new ContainerConfig(env, certificate, path);
    }
}
