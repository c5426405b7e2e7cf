package io.clawpod.spawner.docker;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.clawpod.common.Problem;
import io.clawpod.spawner.session.Admission;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.Sessions;
import io.clawpod.spawner.web.QueryFlag;
import io.quarkus.runtime.Startup;
import io.smallrye.common.annotation.Blocking;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** {@code docker run} by its argv. Started with the application, so that a wrong default install stops it at once. */
@Tag(name = "docker")
@Path("/v1/docker-run")
@Singleton
@Startup
public class DockerRunResource {
    private final Sessions sessions;
    private final SessionRenderer renderer;
    private final DockerRun dockerRun;
    private final ArgvBody argvBody;

    @Inject
    DockerRunResource(Sessions sessions, SessionRenderer renderer, DockerSettings settings, ObjectMapper mapper) {
        this.sessions = sessions;
        this.renderer = renderer;
        this.dockerRun = new DockerRun(
                DockerRun.defaultInstall(settings), DockerRun.heartbeat(settings), () -> "run-" + UUID.randomUUID());
        this.argvBody = new ArgvBody(mapper);
    }

    @POST
    @Blocking
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(
            summary = "Make the session that a docker run asks for",
            description = "Answers once the pod is made, with a report of what was mapped and what changed. A flag that"
                    + " cannot be carried out refuses the whole call by its name.")
    @RequestBody(
            required = true,
            description = "What follows 'docker', beginning with 'run'",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema =
                                    @Schema(
                                            type = SchemaType.ARRAY,
                                            implementation = String.class,
                                            examples = "[\"run\",\"--rm\",\"--name\",\"agent-1\",\"image\"]")))
    @APIResponse(
            responseCode = "201",
            description = "The session was made",
            content = @Content(schema = @Schema(implementation = DockerRunAnswer.class)))
    @APIResponse(
            responseCode = "200",
            description = "It was there already with the same spec, or it is a dry run",
            content = @Content(schema = @Schema(implementation = DockerRunAnswer.class)))
    @APIResponse(responseCode = "400", description = "The body is no JSON array of strings")
    @APIResponse(responseCode = "409", description = "Another spec runs under the name")
    @APIResponse(responseCode = "422", description = "The argv cannot be carried out; the problem has the report")
    @Parameter(
            name = "dryRun",
            in = ParameterIn.QUERY,
            description = "Make nothing, only report; needs no value",
            allowEmptyValue = true,
            schema = @Schema(type = SchemaType.BOOLEAN))
    public Response run(@Context UriInfo uri, byte[] body) {
        boolean dry = QueryFlag.isOn("dryRun", uri);
        Translation translation = dockerRun.translate(argvBody.read(body));
        if (translation instanceof Translation.Refused refused) {
            throw refusal(Problem.of(refused.code(), refused.first()), refused.report());
        }
        Translation.Translated translated = (Translation.Translated) translation;
        return dry ? preview(translated) : admit(translated);
    }

    private Response preview(Translation.Translated translated) {
        Sessions.Preview preview = sessions.preview(translated.key(), translated.spec());
        if (preview instanceof Sessions.Preview.Refused refused) {
            throw refusal(refused.problem(), translated.report());
        }
        Sessions.Preview.Admissible admissible = (Sessions.Preview.Admissible) preview;
        return Response.ok(new DockerRunAnswer(null, translated.report(), admissible.warnings()))
                .build();
    }

    private Response admit(Translation.Translated translated) {
        Admission admission = sessions.admit(translated.key(), translated.spec());
        if (admission instanceof Admission.Created created) {
            return Response.status(Response.Status.CREATED)
                    .entity(new DockerRunAnswer(
                            renderer.render(created.session()), translated.report(), created.warnings()))
                    .build();
        } else if (admission instanceof Admission.Adopted adopted) {
            return Response.ok(new DockerRunAnswer(renderer.render(adopted.session()), translated.report(), List.of()))
                    .build();
        }
        throw refusal(((Admission.Refused) admission).problem(), translated.report());
    }

    private static Refusal refusal(Problem problem, Report report) {
        return new Refusal(problem, Map.of("report", report));
    }
}
