package io.clawpod.proxy.credential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.clawpod.common.SecretText;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import java.util.Map;
import org.junit.jupiter.api.Test;

@EnableKubernetesMockClient(crud = true)
class ClusterSecretsTest {
    @SuppressWarnings("NullAway.Init") // set by the extension
    KubernetesClient client;

    private final CredentialSpec.SecretName name = new CredentialSpec.SecretName("clawpod", "login");

    @Test
    void theKeysAreSetAndOthersAreLeftAlone() {
        client.secrets()
                .inNamespace("clawpod")
                .resource(new SecretBuilder()
                        .withNewMetadata()
                        .withName("login")
                        .withNamespace("clawpod")
                        .endMetadata()
                        .addToData("access-token", "b2xk")
                        .addToData("client-secret", "a2VlcA==")
                        .build())
                .create();
        new ClusterSecrets(client)
                .keep(name, Map.of("access-token", SecretText.of("new"), "expires-at", SecretText.of("1")));
        Secret now = client.secrets().inNamespace("clawpod").withName("login").get();
        assertEquals(Map.of("access-token", "bmV3", "client-secret", "a2VlcA==", "expires-at", "MQ=="), now.getData());
    }

    @Test
    void aSecretThatIsNotThereIsAFaultThatQuotesNothing() {
        var fault = assertThrows(
                IllegalStateException.class,
                () -> new ClusterSecrets(client).keep(name, Map.of("access-token", SecretText.of("hush"))));
        assertEquals("the Kubernetes API answers with 404", fault.getMessage());
    }
}
