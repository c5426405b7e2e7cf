package io.clawpod.spawner.docker;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a {@code docker run} that was carried out, or could be.
 *
 * @param session as the sessions API shows it; absent from a dry run
 * @param warnings what the cluster will do otherwise than asked
 */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
public record DockerRunAnswer(@Nullable Object session, Report report, List<String> warnings) {
    public DockerRunAnswer {
        warnings = List.copyOf(warnings);
    }
}
