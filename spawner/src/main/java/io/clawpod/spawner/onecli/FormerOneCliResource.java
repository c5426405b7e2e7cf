package io.clawpod.spawner.onecli;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Path;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** For OneCLI's SDK before 2.0. */
@Tag(name = "onecli")
@Path("/api")
@Singleton
public class FormerOneCliResource extends OneCliRoutes {
    @Inject
    FormerOneCliResource(Agents agents) {
        super(agents);
    }
}
