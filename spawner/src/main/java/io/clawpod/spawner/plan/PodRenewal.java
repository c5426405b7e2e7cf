package io.clawpod.spawner.plan;

import io.clawpod.common.Labels;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSchedulingGate;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The pod that takes the place of one that was: the same plan, with nothing of what became of the former. */
public final class PodRenewal {
    /** What is noted in a pod after it was made. */
    private static final Set<String> BECAME = Set.of(
            Labels.ANNOTATION_REVOKED,
            Labels.ANNOTATION_STARTED,
            Labels.ANNOTATION_END_REASON,
            Labels.ANNOTATION_END_NOTE,
            Labels.ANNOTATION_DEADLINE,
            Labels.ANNOTATION_LAST_HEARTBEAT,
            Labels.ANNOTATION_HEARTBEAT_MISSING);

    private PodRenewal() {}

    /**
     * @param former as the API server has it
     * @param tokenSecret name of the new pod's Secret
     */
    public static Pod of(Pod former, String tokenSecret) {
        Map<String, String> annotations = new TreeMap<>(former.getMetadata().getAnnotations());
        Long deadline = deadline(annotations.get(Labels.ANNOTATION_DEADLINE), former);
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
                .withActiveDeadlineSeconds(deadline)
                .withSchedulingGates(new PodSchedulingGate(TokenSecret.GATE))
                .endSpec()
                .build();
        TokenSecret.expect(renewed, tokenSecret);
        return renewed;
    }

    /** @param made the deadline that the former pod was made with, if it was lowered since */
    private static @Nullable Long deadline(@Nullable String made, Pod former) {
        if (Labels.NO_DEADLINE.equals(made)) {
            return null;
        }
        try {
            return made == null ? former.getSpec().getActiveDeadlineSeconds() : Long.valueOf(made);
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
