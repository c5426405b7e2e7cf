package io.clawpod.spawner.api;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.InstallSlug;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.Problem;
import io.clawpod.spawner.session.OwnerLease;
import io.clawpod.spawner.session.OwnerLeases;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.Sweeps;
import io.clawpod.spawner.web.QueryFlag;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import jakarta.ws.rs.core.UriInfo;
import java.time.Clock;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What concerns all sessions of an install: whether its host is there, and which sessions the host knows. */
@Path("/v1/installs/{install}")
@Tag(name = "installs")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
public class InstallsResource {
    private final JsonBody<LeaseRequest> leaseBody = new JsonBody<>(
            LeaseRequest.class, ErrorCode.INVALID_BODY, "send an object with at least duration and onLapse");
    private final JsonBody<SweepRequest> sweepBody =
            new JsonBody<>(SweepRequest.class, ErrorCode.INVALID_BODY, "send an object with the list keep");
    private final OwnerLeases leases;
    private final Sweeps sweeps;
    private final Clock clock;

    InstallsResource(OwnerLeases leases, Sweeps sweeps, Clock clock) {
        this.leases = leases;
        this.sweeps = sweeps;
        this.clock = clock;
    }

    @PUT
    @Path("lease")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "putLease",
            summary = "Renew the lease of the install's owner, or make it",
            description = "Say again and again that the host is there. A lease that lapses ends the install's sessions,"
                    + " if it says so, once its grace is over.")
    @RequestBody(
            required = true,
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = LeaseRequest.class)))
    @Parameter(
            name = "takeover",
            in = ParameterIn.QUERY,
            description = "Take it from another holder, although it is fresh",
            schema = @Schema(type = SchemaType.BOOLEAN))
    @APIResponse(
            responseCode = "201",
            description = "Made",
            content = @Content(schema = @Schema(implementation = LeaseView.class)))
    @APIResponse(
            responseCode = "200",
            description = "Renewed",
            content = @Content(schema = @Schema(implementation = LeaseView.class)))
    @APIResponse(responseCode = "409", description = "Another holder has it, and it is fresh")
    @APIResponse(responseCode = "422", description = "The body is wrong; the problem names the field")
    public Response renew(
            @PathParam("install") String install,
            @Context UriInfo request,
            @Context SecurityContext security,
            byte[] body) {
        InstallSlug slug = slug(install);
        boolean takeover = QueryFlag.isOn("takeover", request);
        String caller = security.getUserPrincipal().getName();
        Wanted wanted = leaseBody.read(body, read -> new Wanted(read.holderOr(caller), read.terms()));
        OwnerLeases.Renewal renewal = leases.renew(slug, wanted.holder(), wanted.terms(), takeover);
        return Response.status(renewal.made() ? Response.Status.CREATED : Response.Status.OK)
                .entity(LeaseView.of(renewal.lease(), clock.instant()))
                .build();
    }

    private record Wanted(String holder, OwnerLease.Terms terms) {}

    @GET
    @Path("lease")
    @Operation(operationId = "getLease", summary = "The lease of the install's owner")
    @APIResponse(responseCode = "404", description = "The install has none")
    public LeaseView lease(@PathParam("install") String install) {
        InstallSlug slug = slug(install);
        return leases.find(slug)
                .map(lease -> LeaseView.of(lease, clock.instant()))
                .orElseThrow(() -> new Refusal(Problem.of(
                        ErrorCode.LEASE_NOT_FOUND,
                        "install " + slug + " has no lease",
                        "make one with PUT, if its sessions are to end with their host")));
    }

    @DELETE
    @Path("lease")
    @Operation(
            operationId = "deleteLease",
            summary = "Give the lease up",
            description = "Nothing happens to the install's sessions, then or later.")
    @APIResponse(responseCode = "204", description = "There is none, or no longer")
    public Response giveUp(@PathParam("install") String install) {
        leases.giveUp(slug(install));
        return Response.noContent().build();
    }

    @POST
    @Path("sweep")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "sweepInstall",
            summary = "End the install's sessions that its host does not know",
            description = "Every session of the install that has not ended and is not named is stopped.")
    @RequestBody(
            required = true,
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = SweepRequest.class)))
    @Parameter(
            name = "dryRun",
            in = ParameterIn.QUERY,
            description = "Only say what would be ended",
            schema = @Schema(type = SchemaType.BOOLEAN))
    @APIResponse(responseCode = "422", description = "The body is wrong; the problem names the field")
    public SweepView sweep(@PathParam("install") String install, @Context UriInfo request, byte[] body) {
        InstallSlug slug = slug(install);
        boolean dryRun = QueryFlag.isOn("dryRun", request);
        Set<String> keep = sweepBody.read(body, read -> read.keys(slug));
        return SweepView.of(sweeps.sweep(slug, keep, dryRun), dryRun);
    }

    private static InstallSlug slug(String install) {
        try {
            return new InstallSlug(install);
        } catch (InvalidValue fault) {
            throw new Refusal(Problem.of(ErrorCode.MALFORMED_REQUEST, fault));
        }
    }
}
