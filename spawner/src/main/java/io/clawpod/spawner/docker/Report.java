package io.clawpod.spawner.docker;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of each part of a {@code docker run}. Nothing is left out: every flag is in at least one of the lists.
 *
 * @param mapped has the effect that it has with Docker
 * @param changed is accepted, but its effect is another one than with Docker, or the cluster decides it
 * @param refused why nothing was made
 */
@RegisterForReflection
public record Report(List<Entry> mapped, List<Entry> changed, List<Entry> refused) {
    public Report {
        mapped = List.copyOf(mapped);
        changed = List.copyOf(changed);
        refused = List.copyOf(refused);
    }

    /**
     * One line of the report.
     *
     * @param flag as it was written, without its value; {@code IMAGE} and {@code COMMAND} for what follows the flags
     * @param value its value; absent where it could be a secret (of a variable only the name stands here)
     * @param index of the argv element in which the flag stands; absent if the flag was not given
     * @param note for people
     */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Entry(
            String flag, @Nullable String value, @Nullable Integer index, String note) {}
}
