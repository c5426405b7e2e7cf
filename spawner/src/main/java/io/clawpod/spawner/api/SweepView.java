package io.clawpod.spawner.api;

import io.clawpod.spawner.session.Sweeps.Swept;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What a sweep did, as callers read it: keys in their order. */
@RegisterForReflection
@Schema(name = "Swept")
record SweepView(
        boolean dryRun,

        @Schema(description = "On their way out, or with dryRun those that would be")
        List<String> ended,

        @Schema(description = "Named, and there") List<String> kept,

        @Schema(description = "Named, but there is no such session")
        List<String> unknown) {
    static SweepView of(Swept swept, boolean dryRun) {
        return new SweepView(dryRun, swept.ended(), swept.kept(), swept.unknown());
    }
}
