package io.clawpod.manifests;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/** A script of node's in the test resources, and the pod that runs it. */
record Script(String name) {
    static final String IMAGE =
            Objects.requireNonNullElse(System.getenv("CLAWPOD_TEST_AGENT_IMAGE"), "clawpod-test/agent:1");

    String text() {
        try (InputStream in = Script.class.getResourceAsStream("/install/" + name + ".mjs")) {
            return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<String> command() {
        return List.of("node", "--input-type=module", "-e", text());
    }

    /** A pod that runs it and that a restricted namespace admits. */
    Pod pod(String namespace) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .addToLabels("app", name)
                .endMetadata()
                .withNewSpec()
                .withTerminationGracePeriodSeconds(1L)
                .withAutomountServiceAccountToken(false)
                .withNewSecurityContext()
                .withRunAsNonRoot(true)
                .withRunAsUser(1000L)
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                .endSecurityContext()
                .addNewContainer()
                .withName("node")
                .withImage(IMAGE)
                .withImagePullPolicy("IfNotPresent")
                .withCommand(command())
                .withNewSecurityContext()
                .withAllowPrivilegeEscalation(false)
                .withNewCapabilities()
                .withDrop("ALL")
                .endCapabilities()
                .endSecurityContext()
                .endContainer()
                .endSpec()
                .build();
    }

    /** A Service for the pod: its own port 8080, and {@code port}, which the pod serves as {@code target}. */
    Service service(String namespace, int port, int target) {
        return new ServiceBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .addToSelector("app", name)
                .addNewPort()
                .withName("http")
                .withPort(8080)
                .endPort()
                .addNewPort()
                .withName("other")
                .withPort(port)
                .withTargetPort(new IntOrString(target))
                .endPort()
                .endSpec()
                .build();
    }
}
