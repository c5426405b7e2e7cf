package io.clawpod.spawner.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.clawpod.common.ErrorCode;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.Problem;
import io.clawpod.spawner.docker.testing.FakeSessions;
import io.clawpod.spawner.session.Admission;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.Sessions.Preview;
import jakarta.ws.rs.core.MultivaluedHashMap;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DockerRunResourceTest {
    private static final String ARGV = "[\"run\",\"--rm\",\"--init\",\"--name\",\"agent-1\",\"image\"]";

    private final FakeSessions sessions = new FakeSessions();
    private final DockerRunResource resource = resource("3f2a9c1e");

    private DockerRunResource resource(String install) {
        DockerSettings settings = mock();
        when(settings.defaultInstall()).thenReturn(Optional.of(install));
        when(settings.heartbeatFile()).thenReturn(Optional.empty());
        return new DockerRunResource(sessions, Session::image, settings, new ObjectMapper());
    }

    @Test
    void aNewSessionIsCreatedWithItsReportAndWarnings() {
        sessions.admission = new Admission.Created(FakeSessions.session("image"), List.of("pids: the node's"));
        Response response = run(null, ARGV);

        assertEquals(201, response.getStatus());
        DockerRunAnswer answer = answer(response);
        assertEquals("image", answer.session());
        assertEquals(List.of("pids: the node's"), answer.warnings());
        assertEquals(
                List.of("--init", "--user", "--label"), flags(answer.report().changed()));
        assertEquals("3f2a9c1e/agent-1", String.valueOf(sessions.admitted));
    }

    @Test
    void aSessionThatIsThereIsAdopted() {
        sessions.admission = new Admission.Adopted(FakeSessions.session("image"));
        Response response = run("false", ARGV);
        assertEquals(200, response.getStatus());
        assertEquals("image", answer(response).session());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "true", "TRUE"})
    void aDryRunOnlyReports(String dryRun) {
        sessions.preview = new Preview.Admissible(List.of("a warning"));
        Response response = run(dryRun, ARGV);
        assertEquals(200, response.getStatus());
        assertNull(answer(response).session());
        assertEquals(List.of("a warning"), answer(response).warnings());
        assertNull(sessions.admitted);
        assertEquals("3f2a9c1e/agent-1", String.valueOf(sessions.previewed));
    }

    @Test
    void aDryRunTellsWhyTheSessionWouldBeRefused() {
        sessions.preview = new Preview.Refused(Problem.of(ErrorCode.INVALID_SPEC, "no rule"));
        Refusal refusal = assertThrows(Refusal.class, () -> run("", ARGV));
        assertEquals(422, refusal.problem().code().status());
        assertEquals("no rule", refusal.members().get("detail"));
        assertInstanceOf(Report.class, refusal.members().get("report"));
    }

    @Test
    void aSessionThatIsNotAdmittedHasTheProblemAndTheReport() {
        sessions.admission = new Admission.Refused(Problem.of(ErrorCode.SESSION_CONFLICT, "another"));
        Refusal refusal = assertThrows(Refusal.class, () -> run(null, ARGV));
        assertEquals("session-conflict", refusal.members().get("code"));
        assertInstanceOf(Report.class, refusal.members().get("report"));
    }

    @Test
    void aFlagThatCannotBeCarriedOutMakesNothing() {
        Refusal refusal = assertThrows(Refusal.class, () -> run(null, "[\"run\",\"--privileged\",\"image\"]"));
        assertEquals("unsupported-flag", refusal.members().get("code"));
        assertEquals(422, refusal.members().get("status"));
        assertEquals("argv[1]", refusal.members().get("field"));
        assertTrue(refusal.problem().detail().startsWith("argv[1] (--privileged) would make"));
        assertNull(sessions.admitted);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|body",
                "{|body",
                "[\"run\"] x|body",
                "{\"argv\":[]}|body",
                "null|body",
                "\"run\"|body",
                "[\"run\",1]|argv[1]",
                "[\"run\",\"image\",null]|argv[2]",
                "[[\"run\"]]|argv[0]"
            })
    void aBodyThatIsNoArrayOfStringsIsRefusedAtItsPlace(String body, String field) {
        Refusal refusal = assertThrows(Refusal.class, () -> run(null, body));
        assertEquals(ErrorCode.MALFORMED_REQUEST, refusal.problem().code());
        assertEquals(field, refusal.problem().field());
    }

    @Test
    void anEmptyArgvIsRefused() {
        Refusal refusal = assertThrows(Refusal.class, () -> run(null, "[]"));
        assertEquals(ErrorCode.INVALID_SPEC, refusal.problem().code());
        assertEquals("argv", refusal.problem().field());
    }

    @ParameterizedTest
    @ValueSource(strings = {"perhaps", "true&false", "&"})
    void aDryRunThatIsNotTrueOrFalseOnceIsRefused(String dryRun) {
        InvalidValue invalid = assertThrows(InvalidValue.class, () -> run(dryRun, ARGV));
        assertEquals("dryRun", invalid.field());
    }

    @Test
    void aWrongDefaultInstallStopsTheStart() {
        InvalidValue invalid = assertThrows(InvalidValue.class, () -> resource("not a slug"));
        assertEquals("clawpod.docker.default-install", invalid.field());
    }

    @Test
    void sessionsWithoutANameGetDifferentOnes() {
        sessions.admission = new Admission.Created(FakeSessions.session("image"), List.of());
        run(null, "[\"run\",\"image\"]");
        String first = String.valueOf(sessions.admitted);
        run(null, "[\"run\",\"image\"]");
        assertTrue(!first.equals(String.valueOf(sessions.admitted)), first);
    }

    private Response run(@Nullable String dryRun, String body) {
        MultivaluedMap<String, String> query = new MultivaluedHashMap<>();
        if (dryRun != null) {
            query.put("dryRun", List.of(dryRun.split("&", -1)));
        }
        UriInfo uri = mock(UriInfo.class);
        when(uri.getQueryParameters()).thenReturn(query);
        return resource.run(uri, body.getBytes(StandardCharsets.UTF_8));
    }

    private static DockerRunAnswer answer(Response response) {
        return assertInstanceOf(DockerRunAnswer.class, response.getEntity());
    }

    private static List<String> flags(List<Report.Entry> entries) {
        return entries.stream().map(Report.Entry::flag).toList();
    }
}
