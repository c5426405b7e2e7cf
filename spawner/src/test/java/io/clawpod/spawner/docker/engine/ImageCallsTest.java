package io.clawpod.spawner.docker.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.clawpod.spawner.docker.DockerRun;
import io.clawpod.spawner.image.ImageSettings;
import io.clawpod.spawner.image.RegistryImages;
import io.clawpod.spawner.session.Processes;
import io.clawpod.spawner.session.Restart;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionDetail;
import io.clawpod.spawner.session.Sessions;
import io.clawpod.spawner.testing.SampleSessions;
import io.clawpod.spawner.testing.StandInRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The calls of the docker command line, by HTTP, against a registry. */
final class ImageCallsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String RUNNING = SampleSessions.running("a", "u").image();
    private static final String NODES_ID = RUNNING.replace(":1", "") + "@sha256:" + "a".repeat(64);

    private final Vertx vertx = Vertx.vertx();
    private final StandInRegistry registry = new StandInRegistry();
    private final Sessions sessions = mock(Sessions.class);
    private final HttpClient http = HttpClient.newHttpClient();
    private final HttpServer server = serve();

    private HttpServer serve() {
        Session session = SampleSessions.running("a", "u");
        when(sessions.list(any())).thenAnswer(asked -> {
            Predicate<Session> filter = asked.getArgument(0);
            return Stream.of(session).filter(filter).toList();
        });
        when(sessions.find(session.key())).thenReturn(session);
        when(sessions.detail(session.key())).thenReturn(detail(session));
        Clock clock = Clock.systemUTC();
        Departed departed = new Departed(clock);
        Containers containers = new Containers(sessions, departed);
        Processes processes = mock(Processes.class);
        Exchanges exchanges = new Exchanges(processes);
        Terminals terminals = new Terminals();
        RegistryImages images =
                new RegistryImages(vertx, new ImageSettings(registry.host(), Set.of(registry.host()), null, "amd64"));
        Engine.Parts parts = new Engine.Parts(
                new SystemCalls(containers, new EngineEvents(clock, departed), clock, "test"),
                containers,
                new Lifecycle(
                        sessions,
                        containers,
                        new DockerRun(null, null, () -> "run"),
                        new Signals(exchanges),
                        Duration.ofSeconds(1),
                        clock),
                new Attaching(
                        containers,
                        new AgentOutput(sessions, processes),
                        processes,
                        terminals,
                        new Kept(java.util.Optional.empty())),
                new Execs(containers, exchanges, terminals),
                new Archives(containers, exchanges),
                new Observing(containers, exchanges, clock),
                new Inspecting(sessions, containers, clock, new Kept(Optional.empty())),
                new ImageCalls(images, sessions, containers));
        Engine engine =
                new Engine(vertx, JSON, authorization -> Uni.createFrom().item("caller"));
        return vertx.createHttpServer()
                .requestHandler(engine.router(parts, true))
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    private static SessionDetail detail(Session session) {
        return new SessionDetail(
                session,
                NODES_ID,
                List.of(),
                List.of(),
                null,
                new TreeMap<>(),
                List.of(),
                "1000",
                null,
                null,
                null,
                null,
                false,
                Restart.NEVER,
                0,
                Map.of(),
                10);
    }

    @AfterEach
    void close() {
        registry.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private HttpResponse<String> ask(String method, String path) {
        URI uri = URI.create("http://127.0.0.1:" + server.actualPort() + "/v1.47" + path);
        try {
            return http.send(
                    HttpRequest.newBuilder(uri)
                            .method(method, BodyPublishers.noBody())
                            .timeout(Duration.ofSeconds(30))
                            .build(),
                    BodyHandlers.ofString());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static JsonNode json(int status, HttpResponse<String> response) throws IOException {
        assertEquals(status, response.statusCode(), response.body());
        return JSON.readTree(response.body());
    }

    private String message(int status, HttpResponse<String> response) throws IOException {
        return json(status, response).path("message").asText();
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Test
    void anImageIsInspectedByItsShortAndItsFullName() throws IOException {
        for (String name : List.of("team/agent:1", registry.host() + "/team/agent:1")) {
            JsonNode image = json(200, ask("GET", "/images/" + name + "/json"));
            assertTrue(image.path("Id").asText().startsWith("sha256:"));
            assertEquals(
                    registry.host() + "/team/agent:1", image.at("/RepoTags/0").asText());
            assertEquals(
                    registry.host() + "/team/agent@" + registry.image().index(),
                    image.at("/RepoDigests/0").asText());
            assertEquals("/entry", image.at("/Config/Entrypoint/0").asText());
            assertEquals(20, image.path("Size").asInt());
            assertEquals("amd64", image.path("Architecture").asText());
        }
    }

    @Test
    void anImageIsFoundAgainByItsId() throws IOException {
        String id =
                json(200, ask("GET", "/images/team/agent:1/json")).path("Id").asText();
        assertEquals(
                id, json(200, ask("GET", "/images/" + id + "/json")).path("Id").asText());
        assertTrue(message(404, ask("GET", "/images/sha256:" + "0".repeat(64) + "/json"))
                .startsWith("No such image: "));
    }

    @Test
    void whatTheRegistryDoesNotHaveIsNotThere() throws IOException {
        assertEquals("No such image: team/agent:9", message(404, ask("GET", "/images/team/agent:9/json")));
        message(400, ask("GET", "/images/Wrong/json"));
    }

    @Test
    void withoutItsRegistryARunningImageIsKnownByItsSession() throws IOException {
        JsonNode image = json(200, ask("GET", "/images/" + RUNNING + "/json"));
        assertEquals(RUNNING, image.at("/RepoTags/0").asText());
        assertEquals(NODES_ID, image.at("/RepoDigests/0").asText());
        JsonNode listed = json(200, ask("GET", "/images/json")).get(0);
        assertEquals(image.path("Id"), listed.path("Id"));
        assertEquals(image.path("RepoDigests"), listed.path("RepoDigests"));
        assertEquals(
                RUNNING,
                json(200, ask("GET", "/images/" + image.path("Id").asText() + "/json"))
                        .at("/RepoTags/0")
                        .asText());
        assertTrue(message(404, ask("GET", "/images/registry.example/other:1/json"))
                .contains("registry.example"));
    }

    @Test
    void aPullSaysWhatTheNodesWillGet() throws IOException {
        HttpResponse<String> response = ask("POST", "/images/create?fromImage=team%2Fagent&tag=1");
        assertEquals(200, response.statusCode());
        List<String> lines = response.body().lines().toList();
        assertEquals(3, lines.size());
        assertTrue(JSON.readTree(lines.get(0)).path("status").asText().startsWith("Pulling from "));
        assertEquals("1", JSON.readTree(lines.get(0)).path("id").asText());
        assertEquals(
                "Digest: " + registry.image().index(),
                JSON.readTree(lines.get(1)).path("status").asText());
        assertTrue(JSON.readTree(lines.get(2)).path("status").asText().startsWith("Status: Image is available"));
        String digest = registry.image().amd64();
        assertEquals(
                200,
                ask("POST", "/images/create?fromImage=team%2Fagent&tag=" + encoded(digest))
                        .statusCode());
    }

    @Test
    void aPullOfWhatIsMissingFailsInDockersForm() throws IOException {
        JsonNode error = json(404, ask("POST", "/images/create?fromImage=team%2Fagent&tag=9"));
        assertEquals("No such image: team/agent:9", error.path("error").asText());
        assertEquals(error.path("error"), error.at("/errorDetail/message"));
        assertEquals(error.path("error"), error.path("message"));
        json(404, ask("POST", "/images/create?fromImage=team%2Fagent&tag=1&platform=linux%2Farm64"));
        json(200, ask("POST", "/images/create?fromImage=team%2Fagent&tag=1&platform=linux%2Famd64"));
        message(400, ask("POST", "/images/create"));
        message(501, ask("POST", "/images/create?fromSrc=-"));
    }

    @Test
    void aTagIsMadeInTheRegistry() throws IOException {
        assertEquals(
                201,
                ask("POST", "/images/team/agent:1/tag?repo=team%2Fagent&tag=new")
                        .statusCode());
        assertTrue(registry.lines().contains("PUT /v2/team/agent/manifests/new"));
        message(404, ask("POST", "/images/team/agent:9/tag?repo=team%2Fagent&tag=new"));
        message(400, ask("POST", "/images/team/agent:1/tag?repo=registry.example%2Fagent&tag=new"));
        message(400, ask("POST", "/images/team/agent:1/tag"));
    }

    @Test
    void theListHasTheImagesOfSessionsAndWhatIsKnownOfThem() throws IOException {
        JsonNode list = json(200, ask("GET", "/images/json"));
        assertEquals(1, list.size());
        assertEquals(RUNNING, list.at("/0/RepoTags/0").asText());
        assertEquals(1, list.at("/0/Containers").asInt());
        for (String some : List.of("agent", "agent:1", "*/agent", "registry.example/agent", "ag*:?")) {
            String filters = encoded("{\"reference\":{\"" + some + "\":true}}");
            assertEquals(
                    1, json(200, ask("GET", "/images/json?filters=" + filters)).size(), some);
        }
        for (String none : List.of("other", "agent:2", "agent*x", "registry.example")) {
            String filters = encoded("{\"reference\":{\"" + none + "\":true}}");
            assertEquals(
                    0, json(200, ask("GET", "/images/json?filters=" + filters)).size(), none);
        }
        message(400, ask("GET", "/images/json?filters=" + encoded("{\"label\":[\"a\"]}")));
    }

    @Test
    void theHistoryIsTheConfigurations() throws IOException {
        JsonNode history = json(200, ask("GET", "/images/team/agent:1/history"));
        assertEquals(2, history.size());
        assertEquals("USER node", history.at("/0/CreatedBy").asText());
        assertEquals("<missing>", history.at("/1/Id").asText());
        assertEquals(20, history.at("/1/Size").asInt());
    }

    @Test
    void aPushSaysWhereTheImageIsAlready() throws IOException {
        assertTrue(message(501, ask("POST", "/images/team/agent/push?tag=1")).contains("already lies in the registry"));
        assertTrue(message(404, ask("POST", "/images/team/agent/push?tag=9")).contains("builder"));
    }

    @TestFactory
    Stream<DynamicTest> whatACatalogueOfImagesCannotDoIsRefusedWithWhatDoes() {
        return Stream.of(
                        "DELETE /images/team/agent:1",
                        "GET /images/search?term=x",
                        "POST /images/load",
                        "GET /images/team/agent:1/get",
                        "GET /images/get?names=x",
                        "POST /images/prune")
                .map(line -> DynamicTest.dynamicTest(line, () -> {
                    String[] words = line.split(" ", -1);
                    String message = message(501, ask(words[0], words[1]));
                    assertFalse(message.isEmpty());
                    assertTrue(message.contains(";"), message);
                }));
    }
}
