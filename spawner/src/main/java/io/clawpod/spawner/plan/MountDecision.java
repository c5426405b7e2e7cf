package io.clawpod.spawner.plan;

import io.clawpod.spawner.session.FileContent;
import org.jspecify.annotations.Nullable;

/** What becomes of one mount of a spec, from what the host's files and its allowlist say. */
public sealed interface MountDecision {
    /**
     * The volume rules place it.
     *
     * @param hostPath with links followed, where they can be seen
     * @param note what is otherwise than asked; absent if nothing is
     */
    record Place(
            String hostPath, boolean readOnly, @Nullable String note) implements MountDecision {}

    /**
     * A small file that no rule holds: it travels with the pod.
     *
     * @param readFrom where on the host it can be read again; absent if the caller sent it
     * @param note as for {@link Place}
     */
    record Carry(
            FileContent content,
            @Nullable String readFrom,
            @Nullable String note) implements MountDecision {}

    /** It is left out, and the session goes on without it. */
    record Drop(String why) implements MountDecision {}

    /** It refuses the session; the words are those of an {@link io.clawpod.common.InvalidValue} of its hostPath. */
    record Refuse(String fault, String remedy) implements MountDecision {}
}
