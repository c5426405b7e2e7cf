package io.clawpod.spawner.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.clawpod.spawner.docker.Report;
import io.fabric8.kubernetes.api.model.Pod;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a {@code docker run} becomes, or why it does not. Not masked yet.
 *
 * @param outcome {@value #TRANSLATED} or {@value #REFUSED}
 * @param session its key; absent if refused
 * @param reasons every reason for a refusal
 * @param warnings what the cluster will do otherwise than asked
 * @param standIns what in the pod only a cluster decides
 */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonPropertyOrder({"outcome", "reasons", "session", "pod", "warnings", "report", "standIns"})
record Explanation(
        String outcome,
        @Nullable List<String> reasons,
        @Nullable String session,
        @Nullable Pod pod,
        @Nullable List<String> warnings,
        Report report,
        @Nullable List<StandIn> standIns) {
    static final String TRANSLATED = "translated";
    static final String REFUSED = "refused";

    static Explanation refused(List<String> reasons, Report report) {
        return new Explanation(REFUSED, List.copyOf(reasons), null, null, null, report, null);
    }

    boolean isTranslated() {
        return outcome.equals(TRANSLATED);
    }

    /**
     * A value that stands for one that is not known without a cluster, or is new for each pod.
     *
     * @param note what the real one is
     */
    @RegisterForReflection
    record StandIn(String value, String note) {}
}
