package io.clawpod.proxy.credential;

import io.clawpod.common.SecretText;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;

/** Keeps tokens in Secrets of the cluster. One merge patch by name, so the right {@code patch} on that Secret is enough. */
final class ClusterSecrets implements SecretKeeper {
    private final KubernetesClient client;

    ClusterSecrets(KubernetesClient client) {
        this.client = client;
    }

    @Override
    public void keep(CredentialSpec.SecretName secret, Map<String, SecretText> data) {
        JsonObject encoded = new JsonObject();
        data.forEach((key, value) -> encoded.put(
                key, Base64.getEncoder().encodeToString(value.reveal().getBytes(StandardCharsets.UTF_8))));
        try {
            // Of an object and not of a name: the client would read the Secret first, for which there is no right.
            client.secrets()
                    .inNamespace(secret.namespace())
                    .resource(new SecretBuilder()
                            .withNewMetadata()
                            .withNamespace(secret.namespace())
                            .withName(secret.name())
                            .endMetadata()
                            .build())
                    .patch(
                            PatchContext.of(PatchType.JSON_MERGE),
                            new JsonObject().put("data", encoded).encode());
        } catch (KubernetesClientException e) {
            // The client's own message may repeat the request.
            throw new IllegalStateException("the Kubernetes API answers with " + e.getCode());
        }
    }
}
