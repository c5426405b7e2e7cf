package io.clawpod.proxy.testing;

import io.clawpod.common.Labels;
import io.clawpod.common.SessionKey;
import io.clawpod.common.SessionToken;
import io.clawpod.common.SessionTokens;
import io.clawpod.common.SigningKey;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/** Makes agent pods in the (fake) cluster, and their tokens, as the spawner does. */
public final class Agents {
    public static final String NAMESPACE = "clawpod-agents";
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final KubernetesClient client;

    public Agents(KubernetesClient client) {
        this.client = client;
    }

    /** A pod that runs at {@code ip}. */
    public Pod running(String ip) {
        Pod pod = pending();
        return client.pods()
                .inNamespace(NAMESPACE)
                .resource(new PodBuilder(pod)
                        .editOrNewStatus()
                        .withPhase("Running")
                        .withPodIP(ip)
                        .addNewPodIP(ip)
                        .endStatus()
                        .build())
                .update();
    }

    /** A pod that has no status yet. */
    public Pod pending() {
        return client.pods().inNamespace(NAMESPACE).resource(unborn()).create();
    }

    /** A pod that no API server has seen. */
    public Pod unborn() {
        SessionKey key = SessionKey.of("3f2a9c1e", "chat " + COUNT.incrementAndGet());
        return new PodBuilder()
                .withNewMetadata()
                .withName(key.podName())
                .withNamespace(NAMESPACE)
                .addToLabels(Labels.MANAGED_BY, Labels.MANAGED_BY_SPAWNER)
                .addToAnnotations(Labels.ANNOTATION_KEY, key.key())
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("agent")
                .withImage("agent")
                .endContainer()
                .endSpec()
                .build();
    }

    public void phase(Pod pod, String phase) {
        client.pods()
                .inNamespace(NAMESPACE)
                .withName(pod.getMetadata().getName())
                .edit(now -> new PodBuilder(now)
                        .editOrNewStatus()
                        .withPhase(phase)
                        .endStatus()
                        .build());
    }

    /** Does what the spawner does to revoke a session. */
    public void revoke(Pod pod, Instant at) {
        client.pods()
                .inNamespace(NAMESPACE)
                .withName(pod.getMetadata().getName())
                .edit(now -> new PodBuilder(now)
                        .editMetadata()
                        .addToAnnotations(Labels.ANNOTATION_REVOKED, at.toString())
                        .endMetadata()
                        .build());
    }

    /** A pod that the spawner did not make; it runs at {@code ip}. */
    public Pod stray(String name, String ip) {
        return client.pods()
                .inNamespace(NAMESPACE)
                .resource(new PodBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace(NAMESPACE)
                        .addToLabels(Labels.GROUP, "tools")
                        .endMetadata()
                        .withNewSpec()
                        .addNewContainer()
                        .withName("tool")
                        .withImage("tool")
                        .endContainer()
                        .endSpec()
                        .withNewStatus()
                        .withPhase("Running")
                        .withPodIP(ip)
                        .endStatus()
                        .build())
                .create();
    }

    /** What looks like a projected ServiceAccount token for the proxy; whether it is one, the API server says. */
    public static String accountToken(String name) {
        String claims =
                "{\"aud\":[\"credential-proxy\"],\"sub\":\"system:serviceaccount:" + NAMESPACE + ":" + name + "\"}";
        return "e30." + Base64.getUrlEncoder().withoutPadding().encodeToString(claims.getBytes(StandardCharsets.UTF_8))
                + ".c2ln";
    }

    public void delete(Pod pod) {
        client.pods()
                .inNamespace(NAMESPACE)
                .withName(pod.getMetadata().getName())
                .delete();
    }

    public static String token(Pod pod, SigningKey key) {
        return token(pod, key, pod.getMetadata().getName(), Duration.ofHours(1));
    }

    public static String token(Pod pod, SigningKey key, String podName, Duration lasts) {
        Instant now = Instant.now();
        String uid = pod.getMetadata().getUid();
        return SessionTokens.sign(
                        new SessionToken(
                                "clawpod-spawner",
                                SessionKey.of(
                                        "3f2a9c1e",
                                        Objects.requireNonNull(pod.getMetadata()
                                                .getAnnotations()
                                                .get(Labels.ANNOTATION_KEY))),
                                "family",
                                null,
                                NAMESPACE,
                                podName,
                                uid == null ? UUID.randomUUID().toString() : uid,
                                now,
                                now.plus(lasts),
                                UUID.randomUUID().toString()),
                        key)
                .reveal();
    }
}
