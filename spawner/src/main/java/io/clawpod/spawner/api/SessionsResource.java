package io.clawpod.spawner.api;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.Problem;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Admission;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.Sessions;
import io.clawpod.spawner.session.Sessions.LogQuery;
import io.clawpod.spawner.session.Sessions.Revocation;
import io.clawpod.spawner.session.Sessions.Stop;
import io.clawpod.spawner.web.QueryFlag;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.common.annotation.NonBlocking;
import io.smallrye.mutiny.Multi;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestMulti;
import org.jspecify.annotations.Nullable;

/** Sessions by their keys. */
@Path("/v1/sessions")
@Tag(name = "sessions")
@Produces(MediaType.APPLICATION_JSON)
public class SessionsResource {
    private static final Duration MAX_GRACE = Duration.ofHours(1);

    private final SpecReader specs = new SpecReader();
    private final Sessions sessions;
    private final Clock clock;

    SessionsResource(Sessions sessions, Clock clock) {
        this.sessions = sessions;
        this.clock = clock;
    }

    @PUT
    @Path("{install}/{key}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Blocking
    @Operation(
            operationId = "putSession",
            summary = "Make a session, or adopt the one that is there",
            description = "The same spec may be put again and again: there is one pod for a key.")
    @RequestBody(
            required = true,
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = SessionRequest.class)))
    @APIResponse(
            responseCode = "201",
            description = "Made",
            content = @Content(schema = @Schema(implementation = SessionView.class)))
    @APIResponse(
            responseCode = "200",
            description = "The same spec is there already",
            content = @Content(schema = @Schema(implementation = SessionView.class)))
    @APIResponse(responseCode = "409", description = "Another spec is there, or it is being stopped")
    @APIResponse(responseCode = "422", description = "The spec is wrong; the problem names the field")
    public Response put(@PathParam("install") String install, @PathParam("key") String key, byte[] body) {
        SessionKey session = key(install, key);
        Admission admission = sessions.admit(session, specs.read(body));
        if (admission instanceof Admission.Created created) {
            return Response.status(Response.Status.CREATED)
                    .entity(SessionView.of(created.session(), created.warnings()))
                    .build();
        }
        if (admission instanceof Admission.Adopted adopted) {
            return Response.ok(SessionView.of(adopted.session())).build();
        }
        throw new Refusal(((Admission.Refused) admission).problem());
    }

    @GET
    @Path("{install}/{key}")
    @NonBlocking
    @Operation(operationId = "getSession", summary = "A session as last seen")
    @APIResponse(responseCode = "404", description = "There is no such session")
    public SessionView get(@PathParam("install") String install, @PathParam("key") String key) {
        SessionKey session = key(install, key);
        Session found = sessions.find(session);
        if (found == null) {
            throw new Refusal(Problem.of(ErrorCode.SESSION_NOT_FOUND, "there is no session " + session));
        }
        return SessionView.of(found);
    }

    @DELETE
    @Path("{install}/{key}")
    @Blocking
    @Operation(
            operationId = "stopSession",
            summary = "Stop a session",
            description = "Its agent gets SIGTERM and, after the grace, SIGKILL; then the pod and its Secret go.")
    @APIResponse(
            responseCode = "202",
            description = "It is on its way out",
            content = @Content(schema = @Schema(implementation = SessionView.class)))
    @APIResponse(responseCode = "204", description = "There is no such session, or no longer")
    public Response delete(
            @PathParam("install") String install,
            @PathParam("key") String key,
            @Parameter(description = "ISO 8601 duration, at most PT1H; absent means the pod's own")
                    @QueryParam("grace")
                    @Nullable
                    String grace) {
        Stop stop = sessions.stop(key(install, key), grace(grace));
        if (stop instanceof Stop.Refused refused) {
            throw new Refusal(refused.problem());
        }
        return stop instanceof Stop.Stopping stopping
                ? Response.accepted(SessionView.of(stopping.session())).build()
                : Response.noContent().build();
    }

    @POST
    @Path("{install}/{key}/revoke")
    @Blocking
    @Operation(
            operationId = "revokeSession",
            summary = "Make a session's token worthless",
            description =
                    "The credential proxy refuses it from then on and cuts the calls that are open. The agent goes on"
                            + " running. There is no way back; stop the session and put it again for a new token.")
    @APIResponse(
            responseCode = "200",
            description = "It is revoked, by this call or an earlier one",
            content = @Content(schema = @Schema(implementation = SessionView.class)))
    @APIResponse(responseCode = "404", description = "There is no such session")
    public SessionView revoke(@PathParam("install") String install, @PathParam("key") String key) {
        SessionKey session = key(install, key);
        Revocation revocation = sessions.revoke(session);
        if (revocation instanceof Revocation.Refused refused) {
            throw new Refusal(refused.problem());
        }
        if (revocation instanceof Revocation.Revoked revoked) {
            return SessionView.of(revoked.session());
        }
        throw new Refusal(Problem.of(ErrorCode.SESSION_NOT_FOUND, "there is no session " + session));
    }

    private static @Nullable Duration grace(@Nullable String text) {
        Duration grace = SessionRequest.duration("grace", text);
        if (grace != null && (grace.isNegative() || grace.compareTo(MAX_GRACE) > 0)) {
            throw new InvalidValue("grace", "is out of bounds", "use PT0S to " + MAX_GRACE);
        }
        return grace;
    }

    @GET
    @NonBlocking
    @Operation(operationId = "listSessions", summary = "Sessions in the order of their keys, page by page")
    public SessionPage list(
            @QueryParam("install") @Nullable String install,
            @QueryParam("group") @Nullable String group,
            @QueryParam("state") @Nullable String state,
            @Parameter(description = "Sessions a page, 1 to 1000; 100 if absent") @QueryParam("limit") @Nullable
                    String limit,
            @Parameter(description = "From the page before") @QueryParam("continue") @Nullable String token) {
        ListQuery query = ListQuery.parse(install, group, state, limit, token);
        List<Session> found = sessions.list(query.filter());
        List<Session> page = found.subList(0, Math.min(query.limit(), found.size()));
        String next = page.size() < found.size() ? ListQuery.tokenAfter(page) : null;
        return new SessionPage(page.stream().map(SessionView::of).toList(), next);
    }

    @GET
    @Path("{install}/{key}/logs")
    @Produces("text/plain;charset=UTF-8")
    @NonBlocking
    @Operation(
            operationId = "readLogs",
            summary = "The agent's output, both streams together",
            description = "With follow the answer begins when the agent starts and ends when it ends.")
    @Parameter(name = "follow", in = ParameterIn.QUERY, schema = @Schema(type = SchemaType.BOOLEAN))
    @Parameter(
            name = "timestamps",
            in = ParameterIn.QUERY,
            description = "Begin each line with its time",
            schema = @Schema(type = SchemaType.BOOLEAN))
    @APIResponse(responseCode = "409", description = "The agent has not started yet")
    public Multi<byte[]> logs(
            @PathParam("install") String install,
            @PathParam("key") String key,
            @Parameter(description = "Lines from the end") @QueryParam("tail") @Nullable String tail,
            @Parameter(description = "An RFC 3339 time, or an ISO 8601 duration before now")
                    @QueryParam("since")
                    @Nullable
                    String since,
            @Context UriInfo request) {
        LogQuery query = LogAnswer.query(QueryFlag.isOn("follow", request), tail, since, request, clock.instant());
        return RestMulti.fromUniResponse(sessions.logs(key(install, key), query), LogAnswer::bytes);
    }

    private static SessionKey key(String install, String key) {
        try {
            return SessionKey.of(install, key);
        } catch (InvalidValue fault) {
            throw new Refusal(Problem.of(ErrorCode.INVALID_SPEC, fault));
        }
    }
}
