package io.clawpod.spawner.plan;

import io.clawpod.common.Labels;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSchedulingGate;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The pod that takes the place of one that was: the same plan, with nothing of what became of the former. */
public final class PodRenewal {
    /** What is noted in a pod after it was made. */
    private static final Set<String> BECAME = Set.of(
            Labels.ANNOTATION_REVOKED,
            Labels.ANNOTATION_END_REASON,
            Labels.ANNOTATION_END_NOTE,
            Labels.ANNOTATION_LAST_HEARTBEAT,
            Labels.ANNOTATION_HEARTBEAT_MISSING);

    private PodRenewal() {}

    /**
     * @param former as the API server has it
     * @param tokenSecret name of the new pod's Secret
     */
    public static Pod of(Pod former, String tokenSecret) {
        Map<String, String> annotations = new TreeMap<>(former.getMetadata().getAnnotations());
        annotations.keySet().removeAll(BECAME);
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
