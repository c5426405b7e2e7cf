package io.clawpod.spawner.onecli;

import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;

/** The two calls, which older and newer SDKs make under different roots. */
abstract class OneCliRoutes {
    private final Agents agents;

    OneCliRoutes(Agents agents) {
        this.agents = agents;
    }

    @POST
    @Path("agents")
    @NonBlocking
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(
            summary = "Name an agent",
            description = "An agent is a group, which needs no making: the answer only says whether it has sessions.")
    @RequestBody(
            required = true,
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema =
                                    @Schema(
                                            implementation = Agent.class,
                                            examples = "{\"name\":\"Family\",\"identifier\":\"ag-1\"}")))
    @APIResponse(
            responseCode = "201",
            description = "It has no session yet",
            content = @Content(schema = @Schema(implementation = Agent.class)))
    @APIResponse(
            responseCode = "200",
            description = "It has sessions already",
            content = @Content(schema = @Schema(implementation = Agent.class)))
    @APIResponse(responseCode = "400", description = "The problem names the field that is wrong")
    public Response agent(byte[] body) {
        Agent agent = Agent.read(body);
        return Response.status(agents.isKnown(agent) ? Response.Status.OK : Response.Status.CREATED)
                .entity(agent)
                .build();
    }

    @GET
    @Path("container-config")
    @NonBlocking
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(
            summary = "What a host puts into an agent's container",
            description = "Leads the agent to the credential proxy. Holds no credential.")
    @APIResponse(
            responseCode = "200",
            description = "The same for every agent",
            content = @Content(schema = @Schema(implementation = ContainerConfig.class)))
    @APIResponse(responseCode = "400", description = "The agent is missing or cannot be a group")
    public ContainerConfig config(
            @Parameter(
                            description = "The agent's identifier",
                            required = true,
                            schema = @Schema(type = SchemaType.STRING))
                    @QueryParam("agent")
                    List<String> agent) {
        return agents.config(agent);
    }
}
