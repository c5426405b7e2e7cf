package io.clawpod.spawner.cluster;

import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads the conditions of a pod (Kubernetes API, PodCondition). Pure. */
final class PodConditions {
    static final String SCHEDULED = "PodScheduled";
    /** The sandbox and its network stand (KEP-3085). */
    static final String SANDBOX = "PodReadyToStartContainers";

    static final String READY = "Ready";
    static final String CONTAINERS_READY = "ContainersReady";
    /** Something other than the pod itself ends it (KEP-3329). */
    static final String DISRUPTION = "DisruptionTarget";

    private PodConditions() {}

    static Optional<PodCondition> of(PodStatus status, String type) {
        return status.getConditions().stream()
                .filter(condition -> type.equals(condition.getType()))
                .findFirst();
    }

    static boolean is(PodStatus status, String type, String value) {
        return of(status, type)
                .filter(condition -> value.equals(condition.getStatus()))
                .isPresent();
    }

    /** Since when the condition has this value; empty if it has another. */
    static Optional<Instant> since(PodStatus status, String type, String value) {
        return of(status, type)
                .filter(condition -> value.equals(condition.getStatus()))
                .flatMap(condition -> time(condition.getLastTransitionTime()));
    }

    /** Kubernetes writes an unknown time as null or as the epoch. */
    static Optional<Instant> time(@Nullable String text) {
        return Optional.ofNullable(text).map(Instant::parse).filter(time -> time.isAfter(Instant.EPOCH));
    }

    /** A time that somebody may have changed; empty if it cannot be read. */
    static Optional<Instant> readable(String text) {
        try {
            return Optional.of(Instant.parse(text));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }
}
