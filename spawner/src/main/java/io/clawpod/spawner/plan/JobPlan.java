package io.clawpod.spawner.plan;

import io.clawpod.common.Labels;
import io.clawpod.spawner.session.SessionSpec;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * The Job that makes a session's pods: one at a time, and another while they fail. It has the name that the session's pod
 * would have, so that two replicas asked for the same key make one Job, and its pods are gated as any other.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/controllers/job/">Jobs</a>
 */
public final class JobPlan {
    public static final String API_VERSION = "batch/v1";
    public static final String KIND = "Job";

    private JobPlan() {}

    /** @param pod what each of its pods is planned to be */
    static Job of(Pod pod, SessionSpec spec, Settings settings) {
        Duration deadline = spec.lifetime().deadline();
        Duration retention = Objects.requireNonNullElse(
                spec.lifetime().retention(), settings.life().retention());
        return new JobBuilder()
                .withNewMetadata()
                .withNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName())
                .withLabels(pod.getMetadata().getLabels())
                .withAnnotations(pod.getMetadata().getAnnotations())
                .endMetadata()
                .withNewSpec()
                .withParallelism(1)
                .withCompletions(1)
                .withBackoffLimit(spec.backoffLimit())
                .withActiveDeadlineSeconds(deadline == null ? null : deadline.toSeconds())
                .withTtlSecondsAfterFinished(Math.toIntExact(retention.toSeconds()))
                // Two agents of one session never run at once: the next pod comes when the former has ended, not when
                // its deletion is asked for.
                .withPodReplacementPolicy("Failed")
                .withNewPodFailurePolicy()
                // An eviction is not the agent's failure.
                .addNewRule()
                .withAction("Ignore")
                .addNewOnPodCondition()
                .withType("DisruptionTarget")
                .withStatus("True")
                .endOnPodCondition()
                .endRule()
                .endPodFailurePolicy()
                .withNewTemplate()
                .withNewMetadata()
                .withLabels(pod.getMetadata().getLabels())
                .withAnnotations(pod.getMetadata().getAnnotations())
                .endMetadata()
                .withSpec(pod.getSpec())
                .endTemplate()
                .endSpec()
                .build();
    }

    /** {@code planned}, with the mark that its session counts as gone once it has ended. */
    public static Job autoRemove(Job planned) {
        return new JobBuilder(planned)
                .editMetadata()
                .addToAnnotations(Labels.ANNOTATION_AUTO_REMOVE, "true")
                .endMetadata()
                .editSpec()
                .editTemplate()
                .editMetadata()
                .addToAnnotations(Labels.ANNOTATION_AUTO_REMOVE, "true")
                .endMetadata()
                .endTemplate()
                .endSpec()
                .build();
    }

    /** The Job that made {@code pod}; empty for any other pod. */
    public static Optional<OwnerReference> owner(Pod pod) {
        return Optional.ofNullable(pod.getMetadata().getOwnerReferences()).stream()
                .flatMap(owners -> owners.stream())
                .filter(owner -> Boolean.TRUE.equals(owner.getController())
                        && KIND.equals(owner.getKind())
                        && API_VERSION.equals(owner.getApiVersion()))
                .findFirst();
    }
}
