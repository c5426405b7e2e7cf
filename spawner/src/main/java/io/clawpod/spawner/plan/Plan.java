package io.clawpod.spawner.plan;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.session.FileContent;
import io.clawpod.spawner.session.SpecHash;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** What planning a session came to. */
public sealed interface Plan {
    /**
     * @param pod complete but for its token Secret, which is owned by the pod and so comes after it
     * @param job makes the pod in the session's place, one after the other; absent where the pod is made itself
     * @param warnings what the cluster will do otherwise than the spec asks
     * @param files by the keys under which the pod expects them in its Secret
     * @param mountNotes which of the warnings are about mounts that are left out or may not be written
     */
    record Planned(
            Pod pod,
            @Nullable Job job,
            SpecHash specHash,
            List<String> warnings,
            SortedMap<String, FileContent> files,
            List<String> mountNotes)
            implements Plan {}

    /** The spec cannot be carried out. */
    record Refused(InvalidValue fault) implements Plan {}
}
