package io.clawpod.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.proxy.server.AgentServer;
import io.clawpod.proxy.testing.Agents;
import io.clawpod.proxy.testing.StubUpstream.Seen;
import io.clawpod.proxy.testing.Surroundings;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.kubernetes.client.KubernetesServer;
import io.quarkus.test.kubernetes.client.KubernetesTestServer;
import io.quarkus.test.kubernetes.client.WithKubernetesTestServer;
import io.vertx.core.json.JsonObject;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The steps between identity and exchange, over the wire. */
@QuarkusTest
@WithKubernetesTestServer
@WithTestResource(Surroundings.class)
@Timeout(60)
class RoutesQuarkusTest {
    @KubernetesTestServer
    KubernetesServer cluster;

    @Inject
    AgentServer server;

    @TestHTTPResource(value = "/", management = true)
    URI management;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Surroundings around = Surroundings.current();
    private String token = "";

    @BeforeEach
    void begin() {
        token = Agents.token(new Agents(cluster.getClient()).running("127.0.0.1"), around.key());
        around.upstream().forget();
    }

    private CompletableFuture<HttpResponse<String>> send(String method, String target, String key) {
        return http.sendAsync(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + target))
                        .timeout(Duration.ofSeconds(20))
                        .header("x-api-key", key)
                        .method(method, BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofString());
    }

    private HttpResponse<String> refused(String method, String target, int status, String code) throws Exception {
        HttpResponse<String> answer = send(method, target, token).get(20, TimeUnit.SECONDS);
        assertEquals(status, answer.statusCode(), answer.body());
        assertEquals(code, new JsonObject(answer.body()).getString("code"), answer.body());
        assertTrue(around.upstream().nothingSeen());
        return answer;
    }

    private JsonObject readiness(String name) throws Exception {
        String body = http.send(
                        HttpRequest.newBuilder(management.resolve("health/ready"))
                                .build(),
                        BodyHandlers.ofString())
                .body();
        return new JsonObject(body)
                .getJsonArray("checks").stream()
                        .map(JsonObject.class::cast)
                        .filter(check -> check.getString("name").equals(name))
                        .findFirst()
                        .orElseThrow();
    }

    @Test
    void aPrefixIsTakenOffAndARouteWithoutACredentialGetsNone() throws Exception {
        var answer = send("GET", "/bare/read/a%2Fb?x=%7E", token);
        Seen seen = around.upstream().next();
        assertEquals("/inner/read/a%2Fb?x=%7E", seen.request().uri());
        assertEquals("", seen.header("x-api-key"));
        assertEquals("", seen.header("authorization"));
        seen.answer(200, "hello");
        assertEquals("hello", answer.get(10, TimeUnit.SECONDS).body());
    }

    @Test
    void whatNoPolicyAllowsIsForbiddenAndNothingOfOtherGroupsIsSaid() throws Exception {
        for (String target : new String[] {"/bare/write", "/bare/read%2Fx", "/bare/read/private/x"}) {
            String body = refused("GET", target, 403, "forbidden").body();
            assertTrue(body.contains("route bare"), body);
            assertTrue(body.contains("family"), body);
            assertFalse(body.contains("others"), body);
        }
        refused("POST", "/bare/read/a", 403, "forbidden");
        refused("GET", "/bare/read/%2561", 403, "forbidden");
        assertTrue(
                refused("GET", "/bare/read//Private", 403, "forbidden").body().contains("denies"));
    }

    @Test
    void aSessionBeyondItsLimitsIsToldWhenToComeBack() throws Exception {
        var first = send("GET", "/limited/1", token);
        Seen seen = around.upstream().next();
        var concurrent = refused("GET", "/limited/2", 429, "too-many-requests");
        assertEquals("1", concurrent.headers().firstValue("retry-after").orElse(""));
        seen.answer(200, "");
        assertEquals(200, first.get(10, TimeUnit.SECONDS).statusCode());

        // The first has ended: its place is free as soon as its end is noted.
        var second = send("GET", "/limited/2", token);
        around.upstream().next().answer(200, "");
        assertEquals(200, second.get(10, TimeUnit.SECONDS).statusCode());
        var third = refused("GET", "/limited/3", 429, "too-many-requests");
        int wait = Integer.parseInt(third.headers().firstValue("retry-after").orElse(""));
        assertTrue(wait > 30 && wait <= 61, third.body());
    }

    @Test
    void aCredentialThatIsMissingStopsItsOwnRouteAndNoOther() throws Exception {
        String body = refused("GET", "/absent/x", 503, "credential-unavailable").body();
        assertTrue(body.contains("has no file token"), body);
        JsonObject check = readiness("credentials");
        assertEquals("UP", check.getString("status"));
        assertTrue(check.getJsonObject("data").getString("absent").contains("has no file token"), check.encode());
    }

    @Test
    void anAnswerThatRejectsTheCredentialIsPassedOnAndTheNextCallHasAFreshOne() throws Exception {
        var answer = send("GET", "/login/x", token);
        Seen seen = around.upstream().next();
        assertEquals("Bearer access-1", seen.header("authorization"));
        seen.act(request -> request.response().putHeader("www-authenticate", "Bearer error=\"invalid_token\""))
                .answer(401, "expired");
        HttpResponse<String> rejected = answer.get(10, TimeUnit.SECONDS);
        assertEquals(401, rejected.statusCode());
        assertEquals(
                "Bearer error=\"invalid_token\"",
                rejected.headers().firstValue("www-authenticate").orElse(""));
        assertEquals("expired", rejected.body());
        assertTrue(around.upstream().nothingSeen(), "the call is not repeated");

        around.tokens().next().token("access-2", "refresh-2", 3600);
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> {
            var next = send("GET", "/login/x", token);
            Seen again = around.upstream().next();
            again.answer(200, "");
            next.get(10, TimeUnit.SECONDS);
            return again.header("authorization").equals("Bearer access-2");
        });
        assertTrue(around.tokens().nobodyAsked());
    }

    @Test
    void aTokenInTheShapeOfAnotherKeyIsTheTokenStill() throws Exception {
        var answer = send("GET", "/v1/models", "sk-ant-api03-" + token + "-AA");
        Seen seen = around.upstream().next();
        assertEquals(Surroundings.REAL_KEY, seen.header("x-api-key"));
        seen.answer(200, "");
        assertEquals(200, answer.get(10, TimeUnit.SECONDS).statusCode());
    }

    @Test
    void aWrongFileIsShownAndTheOneBeforeStaysUntilARightOneComes() throws Exception {
        String before = Files.readString(around.routesFile());
        try {
            Files.writeString(around.routesFile(), before.replace("name: bare", "nam: bare"));
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> readiness("routes").getJsonObject("data").containsKey("refused"));
            JsonObject check = readiness("routes");
            assertEquals("UP", check.getString("status"));
            assertTrue(check.getJsonObject("data").getString("refused").contains("routes[1]."), check.encode());
            refused("GET", "/bare/write", 403, "forbidden");

            Files.writeString(around.routesFile(), before.replace("/bare/", "/other/"));
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> !readiness("routes").getJsonObject("data").containsKey("refused"));
            refused("GET", "/other/write", 403, "forbidden");
            var answer = send("GET", "/bare/write", token);
            Seen seen = around.upstream().next();
            assertEquals("/base/bare/write", seen.request().uri());
            seen.answer(200, "");
            assertEquals(200, answer.get(10, TimeUnit.SECONDS).statusCode());
        } finally {
            Files.writeString(around.routesFile(), before);
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> {
                var answer = send("GET", "/bare/write", token);
                Awaitility.await()
                        .until(() -> answer.isDone() || !around.upstream().nothingSeen());
                if (!answer.isDone()) {
                    around.upstream().next().answer(200, "");
                }
                return answer.get(10, TimeUnit.SECONDS).statusCode() == 403;
            });
        }
    }
}
