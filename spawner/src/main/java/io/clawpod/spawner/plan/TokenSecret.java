package io.clawpod.spawner.plan;

import io.clawpod.common.Labels;
import io.clawpod.common.SecretText;
import io.clawpod.spawner.session.FileContent;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSchedulingGate;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The Secret that carries a pod's session token, and the small files that no volume holds. The pod owns it, so it goes when the
 * pod goes. The pods of one Job are made from one template and so name one Secret: the Job owns that, and it is written anew for
 * each of them.
 */
public final class TokenSecret {
    /** The data key of the token. */
    public static final String KEY = "token";

    /**
     * Keeps a pod from being scheduled until its Secret is there (Kubernetes API, PodSpec.schedulingGates). Without it the
     * kubelet can come to the Secret before the spawner does, and then tries again only after ten seconds.
     */
    public static final String GATE = "clawpod.io/session-token";

    private TokenSecret() {}

    /** Whether {@code pod} still waits for its Secret. */
    public static boolean isAwaitedBy(Pod pod) {
        // A JSON merge patch may leave an explicit null where the last gate was (RFC 7396).
        List<PodSchedulingGate> gates = pod.getSpec().getSchedulingGates();
        return gates != null && gates.stream().anyMatch(gate -> GATE.equals(gate.getName()));
    }

    /**
     * A name for the Secret of a pod that is yet to be made.
     *
     * @param nonce tells it from the Secrets of former pods of the same name; lower-case letters and digits
     */
    public static String name(String podName, String nonce) {
        return podName + "-" + nonce;
    }

    /** The name that a planned pod expects its Secret to have, or empty for a pod that expects none. */
    public static Optional<String> expectedBy(Pod pod) {
        return pod.getSpec().getContainers().stream()
                .filter(container -> Planner.CONTAINER.equals(container.getName()))
                .flatMap(container -> container.getEnv().stream())
                .filter(env -> EnvPlan.API_KEY.equals(env.getName()) && env.getValueFrom() != null)
                .map(env -> env.getValueFrom().getSecretKeyRef().getName())
                .findFirst();
    }

    /** Makes {@code pod} expect a Secret of another name. */
    static void expect(Pod pod, String name) {
        pod.getSpec().getVolumes().stream()
                .filter(volume -> FilePlan.VOLUME.equals(volume.getName()) && volume.getSecret() != null)
                .forEach(volume -> volume.getSecret().setSecretName(name));
        pod.getSpec().getContainers().stream()
                .flatMap(container -> container.getEnv().stream())
                .filter(env -> EnvPlan.API_KEY.equals(env.getName()) && env.getValueFrom() != null)
                .forEach(env -> env.getValueFrom().getSecretKeyRef().setName(name));
    }

    /**
     * @param pod as the API server knows it: its uid is what makes the Secret its own
     * @param files that travel with the pod, by their keys
     */
    public static Secret of(Pod pod, String name, SecretText token, Map<String, FileContent> files) {
        Map<String, String> data = new TreeMap<>();
        files.forEach((key, content) -> data.put(key, content.revealBase64()));
        data.put(KEY, Base64.getEncoder().encodeToString(token.reveal().getBytes(StandardCharsets.UTF_8)));
        String install = pod.getMetadata().getLabels().getOrDefault(Labels.INSTALL, "");
        OwnerReference job = JobPlan.owner(pod).orElse(null);
        return new SecretBuilder()
                .withNewMetadata()
                .withNamespace(pod.getMetadata().getNamespace())
                .withName(name)
                .withLabels(Map.of(Labels.MANAGED_BY, Labels.MANAGED_BY_SPAWNER, Labels.INSTALL, install))
                .addNewOwnerReference()
                .withApiVersion(job == null ? "v1" : JobPlan.API_VERSION)
                .withKind(job == null ? "Pod" : JobPlan.KIND)
                .withName(job == null ? pod.getMetadata().getName() : job.getName())
                .withUid(job == null ? pod.getMetadata().getUid() : job.getUid())
                .endOwnerReference()
                .endMetadata()
                .withType("Opaque")
                .withImmutable(job == null ? Boolean.TRUE : null)
                .withData(data)
                .build();
    }
}
