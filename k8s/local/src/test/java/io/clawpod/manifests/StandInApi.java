package io.clawpod.manifests;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.UUID;

/** A stand-in for the API, in a namespace of its own; it knows one key, and counts what reaches it. */
record StandInApi(String address) {
    static final String NAMESPACE = "clawpod-test-upstream";
    static final String URL = "http://upstream." + NAMESPACE + ".svc.cluster.local:8080";
    static final String KEY = "sk-ant-" + UUID.randomUUID();

    static StandInApi create(KubernetesClient client, Applied applied) {
        Script script = new Script("upstream");
        applied.create(new NamespaceBuilder()
                .withNewMetadata()
                .withName(NAMESPACE)
                .endMetadata()
                .build());
        Pod pod = new PodBuilder(script.pod(NAMESPACE))
                .editSpec()
                .editFirstContainer()
                .addNewEnv()
                .withName("EXPECTED_KEY")
                .withValue(KEY)
                .endEnv()
                .endContainer()
                .endSpec()
                .build();
        applied.create(pod);
        applied.create(script.service(NAMESPACE, 80, 8080));
        return new StandInApi(Installation.clusterIp(client, NAMESPACE, script.name()));
    }

    /** How many streams were cut before their end. */
    int cutStreams() {
        return number("/cut");
    }

    /** How many calls came through, whatever they had for a key. */
    int calls() {
        return number("/calls");
    }

    /** How many pairs of tokens its token endpoint has given. */
    int issued() {
        return number("/issued");
    }

    private int number(String path) {
        return Integer.parseInt(Http.get("http://" + address + ":8080" + path).body());
    }
}
