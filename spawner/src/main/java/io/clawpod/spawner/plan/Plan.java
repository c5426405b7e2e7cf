package io.clawpod.spawner.plan;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.session.FileContent;
import io.clawpod.spawner.session.SpecHash;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.SortedMap;

/** What planning a session came to. */
public sealed interface Plan {
    /**
     * @param pod complete but for its token Secret, which is owned by the pod and so comes after it
     * @param warnings what the cluster will do otherwise than the spec asks
     * @param files by the keys under which the pod expects them in its Secret
     * @param mountNotes which of the warnings are about mounts that are left out or may not be written
     */
    record Planned(
            Pod pod,
            SpecHash specHash,
            List<String> warnings,
            SortedMap<String, FileContent> files,
            List<String> mountNotes)
            implements Plan {}

    /** The spec cannot be carried out. */
    record Refused(InvalidValue fault) implements Plan {}
}
