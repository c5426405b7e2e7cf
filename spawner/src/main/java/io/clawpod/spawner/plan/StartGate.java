package io.clawpod.spawner.plan;

import io.clawpod.common.Labels;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSchedulingGate;
import java.util.List;

/**
 * Keeps a pod that was made from being scheduled until its caller starts it (Kubernetes API, PodSpec.schedulingGates), so
 * that what Docker calls a created container outlives the spawner that made it, and any replica can start it.
 */
public final class StartGate {
    static final String NAME = "clawpod.io/start";

    private StartGate() {}

    /** Whether {@code pod} waits for its start. */
    public static boolean isOn(Pod pod) {
        // A JSON merge patch may leave an explicit null where the last gate was (RFC 7396).
        List<PodSchedulingGate> gates = pod.getSpec().getSchedulingGates();
        return gates != null && gates.stream().anyMatch(gate -> NAME.equals(gate.getName()));
    }

    /** {@code planned}, held until its start. */
    public static Pod hold(Pod planned) {
        return new PodBuilder(planned)
                .editSpec()
                .addNewSchedulingGate(NAME)
                .endSpec()
                .build();
    }

    /** The JSON of the gates that are left of {@code pod}'s once its token is there. */
    public static String left(Pod pod) {
        return isOn(pod) ? "[{\"name\":\"" + NAME + "\"}]" : "null";
    }

    /** {@code planned}, with the mark that its session counts as gone once it has ended. */
    public static Pod autoRemove(Pod planned) {
        return new PodBuilder(planned)
                .editMetadata()
                .addToAnnotations(Labels.ANNOTATION_AUTO_REMOVE, "true")
                .endMetadata()
                .build();
    }
}
