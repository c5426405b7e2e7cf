package io.clawpod.spawner.onecli;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Path;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** For OneCLI's SDK since 2.0. */
@Tag(name = "onecli")
@Path("/v1")
@Singleton
public class OneCliResource extends OneCliRoutes {
    @Inject
    OneCliResource(Agents agents) {
        super(agents);
    }
}
