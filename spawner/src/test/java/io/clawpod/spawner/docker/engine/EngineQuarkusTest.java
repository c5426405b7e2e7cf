package io.clawpod.spawner.docker.engine;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.SessionKey;
import io.clawpod.spawner.plan.StartGate;
import io.clawpod.spawner.testing.ApiProfile;
import io.clawpod.spawner.testing.MockCluster;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSchedulingGate;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The Docker Engine API over HTTP and over a socket, against an API server in memory. */
@QuarkusTest
@QuarkusTestResource(MockCluster.class)
@TestProfile(EngineQuarkusTest.Profile.class)
class EngineQuarkusTest {
    private static final String AGENTS = "clawpod-agents";

    /** Serves at a free port and at a socket where a killed process has left one. */
    public static final class Profile implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            Map<String, String> overrides = new HashMap<>(new ApiProfile().getConfigOverrides());
            overrides.put("clawpod.docker-engine.listen", "tcp://127.0.0.1:" + freePort() + ",unix://" + staleSocket());
            overrides.put("clawpod.docker-engine.start-timeout", "PT1S");
            overrides.put("clawpod.docker.default-install", "3f2a9c1e");
            return overrides;
        }

        private static int freePort() {
            try (ServerSocket socket = new ServerSocket(0)) {
                return socket.getLocalPort();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static Path staleSocket() {
            try {
                Path path = Files.createTempDirectory("engine").resolve("s");
                try (ServerSocketChannel left = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
                    left.bind(UnixDomainSocketAddress.of(path));
                }
                return path;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Inject
    KubernetesClient cluster;

    private static String listen() {
        return ConfigProvider.getConfig().getValue("clawpod.docker-engine.listen", String.class);
    }

    private static String base() {
        return "http" + listen().substring("tcp".length(), listen().indexOf(','));
    }

    private static Path socket() {
        return Path.of(listen().substring(listen().indexOf("unix://") + "unix://".length()));
    }

    private static RequestSpecification caller() {
        return given().baseUri(base()).urlEncodingEnabled(false).header("Authorization", "Bearer " + ApiProfile.TOKEN);
    }

    @BeforeEach
    void awaitReady() {
        await().untilAsserted(() -> given().get("/q/health/ready").then().statusCode(200));
    }

    @AfterEach
    void removeSessions() {
        List<String> ids =
                caller().get("/containers/json?all=1").then().extract().path("Id");
        ids.forEach(id -> caller().delete("/containers/" + id + "?force=1"));
        await().untilAsserted(() ->
                caller().get("/containers/json?all=1").then().statusCode(200).body("size()", is(0)));
    }

    private ValidatableResponse create(String name, String body) {
        return caller().contentType(ContentType.JSON)
                .body(body)
                .post("/v1.43/containers/create?name=" + name)
                .then();
    }

    // --- who calls, and how ---

    @ParameterizedTest
    @ValueSource(strings = {"", "Bearer wrong-caller-token-000000", "Basic aG9zdDpob3N0"})
    void aCallerThatIsNotKnownIsRefused(String authorization) {
        for (String path : new String[] {"/_ping", "/v1.43/containers/json", "/no-such-page"}) {
            RequestSpecification request = given().baseUri(base());
            if (!authorization.isEmpty()) {
                request.header("Authorization", authorization);
            }
            request.get(path)
                    .then()
                    .statusCode(401)
                    .contentType("application/json")
                    .header("WWW-Authenticate", containsString("Bearer"))
                    .body("size()", is(1))
                    .body("message", not(equalTo("")));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/_ping, 200",
        "/v1.24/_ping, 200",
        "/v1.48/_ping, 200",
        "/v1.23/_ping, 400",
        "/v1.49/_ping, 400",
        "/v2/_ping, 404"
    })
    void aVersionMayStandBeforeThePath(String path, int status) {
        caller().get(path).then().statusCode(status);
    }

    @Test
    void aPingTellsWhatIsSpoken() {
        caller().head("/_ping")
                .then()
                .statusCode(200)
                .header("Api-Version", "1.48")
                .header("Ostype", "linux")
                .header("Docker-Experimental", "false")
                .header("Cache-Control", containsString("no-cache"))
                .body(equalTo(""));
        caller().get("/_ping").then().body(equalTo("OK")).contentType(startsWith("text/plain"));
    }

    @Test
    void anErrorHasDockersForm() {
        caller().get("/v1.43/containers/none/json")
                .then()
                .statusCode(404)
                .contentType("application/json")
                .body("size()", is(1))
                .body("message", equalTo("No such container: none"));
        caller().get("/no-such-page").then().statusCode(404).body("message", equalTo("page not found"));
        create("agent-1", "not json").statusCode(400).body("message", startsWith("the body is no JSON object"));
        create("agent-1", "{\"Image\":\"agent:1\",\"HostConfig\":{\"Privileged\":true}}")
                .statusCode(400)
                .body("message", startsWith("HostConfig.Privileged: "));
        create("agent-1", "{\"Image\":\"" + "a".repeat(1 << 20) + "\"}")
                .statusCode(413)
                .body("message", startsWith("the body is too large"));
        assertEquals(0, cluster.pods().inNamespace(AGENTS).list().getItems().size());
    }

    @TestFactory
    Stream<DynamicTest> whatPodsCannotDoIsRefusedWithTheReason() {
        return RefusedCalls.ALL.stream()
                .map(refused -> DynamicTest.dynamicTest(
                        refused.method() + " " + refused.path(),
                        () -> caller().request(
                                        refused.method(),
                                        "/v1.43"
                                                + refused.path()
                                                        .replace("{id}", "some")
                                                        .replace("{name}", "some/image:1"))
                                .then()
                                .statusCode(501)
                                .body("message", equalTo(refused.why() + "; " + refused.instead()))));
    }

    // --- the life of a container ---

    @Test
    void aContainerIsMadeHeldListedInspectedAndNotStartedForEver() {
        String id = create("agent-1", "{\"Image\":\"agent:1\",\"Cmd\":[\"sleep\",\"9\"],\"Labels\":{\"a\":\"b\"}}")
                .statusCode(201)
                .body("Id", matchesPattern("[0-9a-f]{64}"))
                .extract()
                .path("Id");
        assertTrue(StartGate.isOn(
                cluster.pods().inNamespace(AGENTS).list().getItems().get(0)));
        // The mock merges lists where an API server replaces them (RFC 7396), so the token's gate is taken by hand.
        cluster.pods()
                .inNamespace(AGENTS)
                .withName(SessionKey.of("3f2a9c1e", "agent-1").podName())
                .edit(pod -> new PodBuilder(pod)
                        .editSpec()
                        .withSchedulingGates(new PodSchedulingGate("clawpod.io/start"))
                        .endSpec()
                        .build());
        await().untilAsserted(
                        () -> caller().get("/containers/json?all=1").then().body("[0].Status", equalTo("Created")));
        caller().get("/containers/json").then().body("size()", is(0));
        create("agent-1", "{\"Image\":\"agent:1\"}")
                .statusCode(409)
                .body("message", containsString("is there with another spec"));
        caller().get("/containers/json?all=1")
                .then()
                .body("Id", hasItem(id))
                .body("[0].Names", equalTo(List.of("/agent-1")))
                .body("[0].State", equalTo("created"))
                .body("[0].Labels.a", equalTo("b"));
        for (String name : new String[] {"agent-1", id, id.substring(0, 12)}) {
            caller().get("/v1.43/containers/" + name + "/json")
                    .then()
                    .statusCode(200)
                    .body("Id", equalTo(id))
                    .body("Name", equalTo("/agent-1"))
                    .body("State.Status", equalTo("created"))
                    .body("Config.Cmd", equalTo(List.of("sleep", "9")));
        }
        // No kubelet will ever run it.
        caller().post("/v1.43/containers/agent-1/start")
                .then()
                .statusCode(503)
                .body("message", containsString("agent-1"));
        caller().post("/v1.43/containers/agent-1/start").then().statusCode(304);
        caller().delete("/v1.43/containers/agent-1?force=1").then().statusCode(204);
        caller().get("/v1.43/containers/agent-1/json").then().statusCode(404);
    }

    @Test
    void theHeadOfAWaitComesBeforeTheEnd() throws IOException {
        create("agent-1", "{\"Image\":\"agent:1\"}").statusCode(201);
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket()))) {
            String request = "POST /v1.43/containers/agent-1/wait?condition=next-exit HTTP/1.1\r\nHost: d\r\n\r\n";
            channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
            String head = read(channel, "\r\n\r\n");
            assertTrue(head.startsWith("HTTP/1.1 200 OK\r\n"), head);
            assertTrue(!head.contains("StatusCode"), head);
            cluster.pods().inNamespace(AGENTS).delete();
            assertTrue(read(channel, "\n\r\n").contains("\"StatusCode\":"));
        }
    }

    private static String read(SocketChannel channel, String until) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
        String read = "";
        while (!read.contains(until) && channel.read(buffer) >= 0) {
            read = new String(buffer.array(), 0, buffer.position(), StandardCharsets.US_ASCII);
        }
        return read;
    }

    // --- where it is served ---

    @Test
    void theSocketIsForItsOwnerAndGroupAndNeedsNoToken() throws IOException {
        assertEquals("rw-rw----", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket())));
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket()))) {
            channel.write(ByteBuffer.wrap(
                    "GET /v1.43/containers/json HTTP/1.1\r\nHost: d\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
            assertTrue(read(channel, "[]").startsWith("HTTP/1.1 200 OK\r\n"));
        }
    }
}
