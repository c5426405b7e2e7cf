package io.clawpod.spawner.api;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.InstallSlug;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.Problem;
import io.clawpod.spawner.session.Archive;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.SessionRecord;
import io.clawpod.spawner.session.Sessions.LogQuery;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Multi;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.time.Clock;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestMulti;
import org.jspecify.annotations.Nullable;

/** What is kept of an install's sessions. */
@Path("/v1/installs/{install}/archive")
@Tag(name = "archive")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
public class ArchiveResource {
    private static final int MAX_LIMIT = 1000;
    private static final int LIMIT = 100;

    private final Optional<Archive> archive;
    private final Clock clock;

    ArchiveResource(Optional<Archive> archive, Clock clock) {
        this.archive = archive;
        this.clock = clock;
    }

    private Archive archive() {
        return archive.orElseThrow(() -> new Refusal(Problem.of(
                ErrorCode.RECORD_NOT_FOUND,
                "the spawner has no archive",
                "set clawpod.archive.folder, and sessions are kept from then on")));
    }

    @GET
    @Operation(
            operationId = "listArchive",
            summary = "Records of the install's sessions, newest first, page by page",
            description = "One that still runs has a record, too; its ended is false.")
    @APIResponse(responseCode = "404", description = "The spawner has no archive")
    public ArchivePage list(
            @PathParam("install") String install,
            @Parameter(description = "Only records of this session") @QueryParam("key") @Nullable String key,
            @Parameter(
                            description =
                                    "Only of sessions that ended since: an RFC 3339 time, or an ISO 8601 duration before now")
                    @QueryParam("since")
                    @Nullable
                    String since,
            @Parameter(description = "Only of sessions that ended for this reason") @QueryParam("reason") @Nullable
                    String reason,
            @Parameter(description = "Records a page, 1 to 1000; 100 if absent") @QueryParam("limit") @Nullable
                    String limit,
            @Parameter(description = "From the page before") @QueryParam("continue") @Nullable String token) {
        Archive.Page page = archive()
                .list(
                        new InstallSlug(install),
                        new Archive.Filter(
                                key,
                                since == null ? null : SinceParameter.parse(since, clock.instant()),
                                reason == null ? null : reason(reason),
                                token,
                                limit == null ? LIMIT : NumberParameter.parse("limit", limit, 1, MAX_LIMIT)));
        return new ArchivePage(page.records(), page.next());
    }

    private static String reason(String code) {
        return Arrays.stream(Reason.values())
                .map(Reason::code)
                .filter(code::equals)
                .findFirst()
                .orElseThrow(() -> new InvalidValue(
                        "reason",
                        "is no reason",
                        "use one of "
                                + Arrays.stream(Reason.values())
                                        .map(Reason::code)
                                        .collect(Collectors.joining(", "))));
    }

    @GET
    @Path("{podUid}")
    @Operation(operationId = "getArchived", summary = "The record of a session, by the uid of its pod")
    @APIResponse(responseCode = "404", description = "There is no such record, or no longer")
    public SessionRecord get(@PathParam("install") String install, @PathParam("podUid") String podUid) {
        SessionRecord record = archive().find(new InstallSlug(install), podUid);
        if (record == null) {
            throw new Refusal(Problem.of(
                    ErrorCode.RECORD_NOT_FOUND,
                    "the archive has no record of pod " + (podUid.length() > 64 ? "" : podUid),
                    "look for it in the list; it may be older than what is kept"));
        }
        return record;
    }

    @GET
    @Path("{podUid}/log")
    @Produces("text/plain;charset=UTF-8")
    @Operation(
            operationId = "readArchivedLog",
            summary = "What is kept of an agent's output, both streams together",
            description = "Secrets are replaced by three asterisks.")
    @Parameter(
            name = "timestamps",
            in = ParameterIn.QUERY,
            description = "Begin each line with its time",
            schema = @Schema(type = SchemaType.BOOLEAN))
    @APIResponse(responseCode = "404", description = "There is no such record, or no longer")
    public Multi<byte[]> log(
            @PathParam("install") String install,
            @PathParam("podUid") String podUid,
            @Parameter(description = "Lines from the end") @QueryParam("tail") @Nullable String tail,
            @Parameter(description = "An RFC 3339 time, or an ISO 8601 duration before now")
                    @QueryParam("since")
                    @Nullable
                    String since,
            @Context UriInfo request) {
        LogQuery query = LogAnswer.query(false, tail, since, request, clock.instant());
        return RestMulti.fromUniResponse(archive().log(get(install, podUid), query), LogAnswer::bytes);
    }
}
