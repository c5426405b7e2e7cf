package io.clawpod.spawner.plan;

import io.clawpod.common.Labels;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSchedulingGate;
import java.util.Map;
import java.util.TreeMap;

/** The pod that takes the place of one that was: the same plan, with nothing of what became of the former. */
public final class PodRenewal {
    private PodRenewal() {}

    /**
     * @param former as the API server has it
     * @param tokenSecret name of the new pod's Secret
     */
    public static Pod of(Pod former, String tokenSecret) {
        Map<String, String> annotations = new TreeMap<>(former.getMetadata().getAnnotations());
        annotations.remove(Labels.ANNOTATION_REVOKED);
        Pod renewed = new PodBuilder()
                .withNewMetadata()
                .withNamespace(former.getMetadata().getNamespace())
                .withName(former.getMetadata().getName())
                .withLabels(former.getMetadata().getLabels())
                .withAnnotations(annotations)
                .endMetadata()
                .withNewSpecLike(former.getSpec())
                .withNodeName(null)
                .withSchedulingGates(new PodSchedulingGate(TokenSecret.GATE))
                .endSpec()
                .build();
        TokenSecret.expect(renewed, tokenSecret);
        return renewed;
    }
}
