package io.clawpod.spawner;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.aMapWithSize;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.clawpod.common.Labels;
import io.clawpod.common.SessionKey;
import io.clawpod.common.SessionTokens;
import io.clawpod.common.SessionTokens.Verification;
import io.clawpod.common.VerificationKeys;
import io.clawpod.spawner.plan.TokenSecret;
import io.clawpod.spawner.testing.ApiProfile;
import io.clawpod.spawner.testing.MockCluster;
import io.clawpod.spawner.testing.SpawnerClient;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The sessions API over HTTP, against an API server in memory. */
@QuarkusTest
@QuarkusTestResource(MockCluster.class)
@TestProfile(ApiProfile.class)
class ApiQuarkusTest {
    private static final String AGENTS = "clawpod-agents";
    private static final String SPEC = "{\"image\":\"registry.example/agent:1\",\"group\":\"family\"}";
    private static final String SESSION = "/v1/sessions/{install}/{key}";

    @Inject
    KubernetesClient cluster;

    @BeforeEach
    void awaitReady() {
        await().untilAsserted(() -> given().get("/q/health/ready").then().statusCode(200));
    }

    @AfterEach
    void removeSessions() {
        cluster.pods().inNamespace(AGENTS).delete();
        cluster.secrets().inNamespace(AGENTS).delete();
        await().untilAsserted(() -> caller().get("/v1/sessions").then().body("sessions.size()", is(0)));
    }

    private static RequestSpecification caller() {
        return given().header("Authorization", "Bearer " + ApiProfile.TOKEN);
    }

    private static ValidatableResponse put(String install, String key, String body) {
        return caller().contentType(ContentType.JSON)
                .body(body)
                .put(SESSION, install, key)
                .then();
    }

    /** A problem document, whole, and without a word of what went on inside. */
    private static ValidatableResponse problem(ValidatableResponse response, int status, String code) {
        return response.statusCode(status)
                .contentType("application/problem+json")
                .body("code", equalTo(code))
                .body("status", equalTo(status))
                .body("type", equalTo("urn:clawpod:problem:" + code))
                .body("title", notNullValue())
                .body("detail", notNullValue())
                .body(not(containsString("Exception")))
                .body(not(containsString("io.clawpod.")))
                .body(not(containsString("com.fasterxml")))
                .body(not(containsString("\\tat ")));
    }

    private Pod pod(String install, String key) {
        return Objects.requireNonNull(cluster.pods()
                .inNamespace(AGENTS)
                .withName(SessionKey.of(install, key).podName())
                .get());
    }

    // --- who calls ---

    @ParameterizedTest
    @ValueSource(strings = {"", "Bearer", "Bearer ", "Bearer wrong-caller-token-000000", "Basic aG9zdDpob3N0"})
    void aCallerThatIsNotKnownIsRefusedBeforeAnythingElse(String authorization) {
        for (String path : List.of("/v1/sessions", "/v1/sessions/acme/a", "/v1/no-such-path", "/v1/sessions?watch")) {
            RequestSpecification request = given();
            if (!authorization.isEmpty()) {
                request.header("Authorization", authorization);
            }
            problem(request.get(path).then(), 401, "unauthenticated")
                    .header("WWW-Authenticate", containsString("Bearer"))
                    .body("remedy", containsString("Authorization: Bearer"));
        }
    }

    @Test
    void anUnknownCallerLearnsNothingOfTheBodyItSent() {
        problem(
                given().contentType(ContentType.JSON)
                        .body("not json")
                        .put(SESSION, "acme", "a")
                        .then(),
                401,
                "unauthenticated");
        assertEquals(0, cluster.pods().inNamespace(AGENTS).list().getItems().size());
    }

    @Test
    void theSchemeIsReadWithoutRegardToCase() {
        given().header("Authorization", "bEaReR " + ApiProfile.TOKEN)
                .get("/v1/sessions")
                .then()
                .statusCode(200);
    }

    // --- make, adopt, conflict ---

    @Test
    void aSessionIsMadeThenAdoptedAndAnotherSpecConflicts() {
        String uid = put("acme", "one", SPEC)
                .statusCode(201)
                .body("install", equalTo("acme"))
                .body("key", equalTo("one"))
                .body("group", equalTo("family"))
                .body("state", equalTo("pending"))
                .body("image", equalTo("registry.example/agent:1"))
                .body("pod.namespace", equalTo(AGENTS))
                .body("pod.name", equalTo(SessionKey.of("acme", "one").podName()))
                .body("specHash", notNullValue())
                .body("createdAt", notNullValue())
                .extract()
                .path("pod.uid");
        // The order of members is no difference.
        put("acme", "one", "{\"group\":\"family\",\"image\":\"registry.example/agent:1\"}")
                .statusCode(200)
                .body("pod.uid", equalTo(uid));
        problem(put("acme", "one", "{\"image\":\"registry.example/agent:2\"}"), 409, "session-conflict")
                .body("remedy", notNullValue());
        assertEquals(uid, pod("acme", "one").getMetadata().getUid());
        caller().get(SESSION, "acme", "one").then().statusCode(200).body("pod.uid", equalTo(uid));
    }

    @Test
    void aPodGetsTheProxyTheTokenAndNothingThatWaits() {
        put("acme", "whole", "{\"image\":\"agent:1\",\"group\":\"family\",\"role\":\"main\",\"env\":{\"TZ\":\"UTC\"}}")
                .statusCode(201);
        Pod pod = pod("acme", "whole");
        assertFalse(TokenSecret.isAwaitedBy(pod));
        assertEquals("acme", pod.getMetadata().getLabels().get(Labels.INSTALL));
        assertTrue(pod.getSpec().getHostAliases().stream()
                .anyMatch(alias -> MockCluster.PROXY_IP.equals(alias.getIp())
                        && alias.getHostnames().contains("host.docker.internal")));
        List<EnvVar> env = pod.getSpec().getContainers().get(0).getEnv();
        assertEquals("http://credential-proxy.clawpod.svc.cluster.local:3001", value(env, "ANTHROPIC_BASE_URL"));
        assertEquals("UTC", value(env, "TZ"));

        EnvVar key = env.stream()
                .filter(e -> e.getName().equals("ANTHROPIC_API_KEY"))
                .findFirst()
                .orElseThrow();
        Secret secret = Objects.requireNonNull(cluster.secrets()
                .inNamespace(AGENTS)
                .withName(key.getValueFrom().getSecretKeyRef().getName())
                .get());
        assertEquals(1, secret.getMetadata().getOwnerReferences().size());
        assertEquals(
                pod.getMetadata().getUid(),
                secret.getMetadata().getOwnerReferences().get(0).getUid());
        String token = new String(Base64.getDecoder().decode(secret.getData().get("token")), StandardCharsets.UTF_8);
        String jwks = given().get("/.well-known/jwks.json")
                .then()
                .statusCode(200)
                .body("keys.size()", is(1))
                .body("keys[0].d", nullValue())
                .extract()
                .asString();
        Verification.Valid valid = assertInstanceOf(
                Verification.Valid.class,
                SessionTokens.verify(token, VerificationKeys.fromJwks(jwks), "clawpod-spawner", Instant.now()));
        assertEquals("acme/whole", valid.token().session().toString());
        assertEquals("family", valid.token().group());
        assertEquals("main", valid.token().role());
        assertEquals(pod.getMetadata().getUid(), valid.token().podUid());
    }

    private static @Nullable String value(List<EnvVar> env, String name) {
        return env.stream()
                .filter(e -> e.getName().equals(name))
                .map(EnvVar::getValue)
                .findFirst()
                .orElse(null);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/b", "a b", "grün & blau", "100%", "a%2Fb", "..a", "?x=1#y", "日本"})
    void aKeyIsTakenAndGivenBackAsItIs(String key) {
        put("acme", key, SPEC).statusCode(201).body("key", equalTo(key));
        caller().get(SESSION, "acme", key).then().statusCode(200).body("key", equalTo(key));
        caller().get("/v1/sessions").then().body("sessions.key", equalTo(List.of(key)));
        caller().delete(SESSION, "acme", key).then().statusCode(202).body("key", equalTo(key));
    }

    @Test
    void theSameKeyOfTwoInstallsIsTwoSessions() {
        put("acme", "same", SPEC).statusCode(201);
        put("other", "same", SPEC).statusCode(201);
        assertEquals(2, cluster.pods().inNamespace(AGENTS).list().getItems().size());
    }

    @ParameterizedTest
    @CsvSource({"'-a',k,install", "'a b',k,install", "acme,' ',key", "acme,'a\u0007b',key"})
    void aKeyThatCannotBeOneIsRefusedByItsPart(String install, String key, String field) {
        problem(put(install, key, SPEC), 422, "invalid-spec")
                .body("field", equalTo(field))
                .body("remedy", notNullValue());
    }

    @Test
    void aKeyThatIsTooLongIsRefused() {
        problem(put("acme", "k".repeat(254), SPEC), 422, "invalid-spec").body("field", equalTo("key"));
        put("acme", "k".repeat(253), SPEC).statusCode(201);
    }

    // --- wrong input ---

    record WrongBody(
            String body,
            int status,
            String code,
            @Nullable String field,
            @Nullable String remedy) {}

    static Stream<WrongBody> wrongBodies() throws IOException {
        try (InputStream cases = ApiQuarkusTest.class.getResourceAsStream("/api/wrong-bodies.yaml")) {
            return new ObjectMapper(new YAMLFactory())
                    .readValue(cases, new TypeReference<List<WrongBody>>() {}).stream();
        }
    }

    @ParameterizedTest
    @MethodSource("wrongBodies")
    void aWrongBodyIsRefusedByItsFieldAndMakesNothing(WrongBody wrong) {
        ValidatableResponse response = problem(put("acme", "wrong", wrong.body()), wrong.status(), wrong.code())
                .body("remedy", notNullValue());
        if (wrong.field() != null) {
            response.body("field", equalTo(wrong.field()));
        }
        if (wrong.remedy() != null) {
            response.body("remedy", containsString(wrong.remedy()));
        }
        assertEquals(List.of(), cluster.pods().inNamespace(AGENTS).list().getItems());
    }

    @Test
    void noProblemRepeatsASecretOfTheRequest() {
        put("acme", "secret", "{\"image\":\"a\",\"env\":{\"KEY\":\"sk-ant-api03-abcdefghijklmnopqrstuvwxyz\"}}")
                .statusCode(422)
                .body(not(containsString("sk-ant-")));
    }

    @Test
    void aBodyThatIsNotSentAsJsonIsRefused() {
        problem(
                        caller().contentType(ContentType.TEXT)
                                .body(SPEC)
                                .put(SESSION, "acme", "a")
                                .then(),
                        415,
                        "unsupported-media-type")
                .body("remedy", containsString("application/json"));
    }

    @Test
    void aBodyAboveTheLimitIsRefused() {
        String body = "{\"image\":\"a\",\"args\":[\"" + "x".repeat((1 << 20) + 1) + "\"]}";
        problem(put("acme", "large", body), 413, "body-too-large").body("remedy", containsString("1048576 bytes"));
    }

    @Test
    void aBodyAboveTheLimitIsRefusedThoughItDoesNotSayItsLength() throws Exception {
        byte[] body =
                ("{\"image\":\"a\",\"args\":[\"" + "x".repeat((1 << 20) + 1) + "\"]}").getBytes(StandardCharsets.UTF_8);
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://localhost:" + RestAssured.port + "/v1/sessions/acme/chunked"))
                .header("Authorization", "Bearer " + ApiProfile.TOKEN)
                .header("Content-Type", "application/json")
                .PUT(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)))
                .build();
        HttpResponse<String> response = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .build()
                .send(request, HttpResponse.BodyHandlers.ofString());
        // The framework answers while the body is read, and has no words for it.
        assertEquals(413, response.statusCode(), response.body());
    }

    @Test
    void wrongMethodsPathsAndFormsAreProblems() {
        problem(caller().patch(SESSION, "acme", "a").then(), 405, "method-not-allowed");
        problem(caller().post("/v1/sessions").then(), 405, "method-not-allowed");
        problem(caller().get("/v1/nothing").then(), 404, "not-found");
        problem(caller().get("/v1/sessions/acme").then(), 404, "not-found");
        problem(caller().accept("application/xml").get(SESSION, "acme", "a").then(), 406, "not-acceptable");
    }

    // --- read ---

    @Test
    void aSessionThatIsNotThereIsNotFound() {
        problem(caller().get(SESSION, "acme", "absent").then(), 404, "session-not-found");
    }

    @Test
    void theListIsFilteredByInstallGroupAndState() {
        put("acme", "a", "{\"image\":\"i\",\"group\":\"g1\"}").statusCode(201);
        put("acme", "b", "{\"image\":\"i\",\"group\":\"g2\"}").statusCode(201);
        put("other", "c", "{\"image\":\"i\",\"group\":\"g1\"}").statusCode(201);
        run("acme", "b");
        await().untilAsserted(() -> assertEquals(List.of("b"), keys("?state=running")));
        assertEquals(List.of("a", "b", "c"), keys(""));
        assertEquals(List.of("a", "b"), keys("?install=acme"));
        assertEquals(List.of("a", "c"), keys("?group=g1"));
        assertEquals(List.of("a"), keys("?install=acme&group=g1&state=PENDING"));
        assertEquals(List.of(), keys("?install=nobody"));
        assertEquals(List.of(), keys("?state=ended"));
    }

    private void run(String install, String key) {
        cluster.pods()
                .inNamespace(AGENTS)
                .withName(pod(install, key).getMetadata().getName())
                .editStatus(pod -> new PodBuilder(pod)
                        .withNewStatus()
                        .withPhase("Running")
                        .withPodIP("10.244.0.9")
                        .addNewContainerStatus()
                        .withName("agent")
                        .withReady(true)
                        .withNewState()
                        .withNewRunning("2026-01-01T00:00:00Z")
                        .endState()
                        .endContainerStatus()
                        .endStatus()
                        .build());
    }

    private static List<String> keys(String query) {
        return caller().get("/v1/sessions" + query)
                .then()
                .statusCode(200)
                .extract()
                .path("sessions.key");
    }

    @Test
    void aLongListComesInPagesThatMissNothingAndRepeatNothing() {
        SpawnerClient spawner = new SpawnerClient(URI.create("http://localhost:" + RestAssured.port), ApiProfile.TOKEN);
        List<String> made = new ArrayList<>();
        for (int i = 0; i < 250; i++) {
            String key = String.format("s-%03d", i);
            made.add(key);
            assertEquals(201, spawner.put(key, SPEC).status());
        }
        List<String> seen = new ArrayList<>();
        String next = "";
        int pages = 0;
        while (next != null) {
            Map<String, Object> page = caller().get("/v1/sessions?limit=100" + next)
                    .then()
                    .statusCode(200)
                    .extract()
                    .path("$");
            @SuppressWarnings("unchecked")
            List<Map<String, Object>> sessions =
                    (List<Map<String, Object>>) Objects.requireNonNull(page.get("sessions"));
            sessions.forEach(session -> seen.add(String.valueOf(session.get("key"))));
            next = page.get("continue") == null ? null : "&continue=" + page.get("continue");
            pages++;
        }
        assertEquals(3, pages);
        assertEquals(made, seen);
        // Without a limit a page has a hundred.
        caller().get("/v1/sessions").then().body("sessions.size()", is(100)).body("continue", notNullValue());
        caller().get("/v1/sessions?limit=1000")
                .then()
                .body("sessions.size()", is(250))
                .body("continue", nullValue());
    }

    @ParameterizedTest
    @CsvSource({
        "limit=0,limit",
        "limit=1001,limit",
        "limit=ten,limit",
        "state=asleep,state",
        "install=-,install",
        "continue=!,continue",
        "continue=bm90aGluZw,continue",
        "watch=perhaps,watch"
    })
    void aWrongParameterOfTheListIsRefusedByItsName(String query, String field) {
        problem(caller().get("/v1/sessions?" + query).then(), 400, "malformed-request")
                .body("field", equalTo(field))
                .body("remedy", notNullValue());
    }

    // --- stop ---

    @Test
    void stoppingIsIdempotent() {
        put("acme", "stop", SPEC).statusCode(201);
        caller().delete(SESSION + "?grace=PT1S", "acme", "stop")
                .then()
                .statusCode(202)
                .body("key", equalTo("stop"));
        await().untilAsserted(() -> caller().get(SESSION, "acme", "stop").then().statusCode(404));
        caller().delete(SESSION, "acme", "stop").then().statusCode(204).body(is(""));
        caller().delete(SESSION, "acme", "never").then().statusCode(204);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10", "PT-1S", "PT2H", "PT", "10s"})
    void aWrongGraceIsRefusedAndStopsNothing(String grace) {
        put("acme", "grace", SPEC).statusCode(201);
        problem(caller().delete(SESSION + "?grace=" + grace, "acme", "grace").then(), 400, "malformed-request")
                .body("field", equalTo("grace"));
        assertEquals(AGENTS, pod("acme", "grace").getMetadata().getNamespace());
    }

    // --- logs ---

    @Test
    void thereAreNoLogsOfAnAbsentOrAPendingSession() {
        problem(caller().get(SESSION + "/logs", "acme", "absent").then(), 404, "session-not-found");
        put("acme", "pending", SPEC).statusCode(201);
        problem(caller().get(SESSION + "/logs", "acme", "pending").then(), 409, "logs-unavailable")
                .body("remedy", containsString("follow"));
    }

    @ParameterizedTest
    @CsvSource({
        "tail=-1,tail",
        "tail=some,tail",
        "since=yesterday,since",
        "follow=perhaps,follow",
        "timestamps=2,timestamps"
    })
    void aWrongParameterOfTheLogsIsRefusedByItsName(String query, String field) {
        put("acme", "logs", SPEC).statusCode(201);
        problem(caller().get(SESSION + "/logs?" + query, "acme", "logs").then(), 400, "malformed-request")
                .body("field", equalTo(field));
    }

    // --- pods that are not ours ---

    @Test
    void aForeignPodOfTheSameNameIsRefusedAndNeverTouched() {
        String name = SessionKey.of("acme", "foreign").podName();
        Pod foreign = cluster.resource(new PodBuilder()
                        .withNewMetadata()
                        .withNamespace(AGENTS)
                        .withName(name)
                        .addToLabels(Labels.MANAGED_BY, Labels.MANAGED_BY_SPAWNER)
                        .endMetadata()
                        .withNewSpec()
                        .addNewContainer()
                        .withName("agent")
                        .withImage("theirs")
                        .endContainer()
                        .endSpec()
                        .build())
                .create();
        problem(put("acme", "foreign", SPEC), 409, "foreign-pod").body("detail", containsString(AGENTS + "/" + name));
        caller().delete(SESSION, "acme", "foreign").then().statusCode(204);
        caller().get(SESSION, "acme", "foreign").then().statusCode(404);
        assertEquals(foreign, pod("acme", "foreign"));
    }

    // --- revoke ---

    @Test
    void aRevokedSessionGoesOnAndSaysSinceWhen() {
        put("acme", "revoked-1", SPEC).statusCode(201);
        run("acme", "revoked-1");
        String revokedAt = caller().post(SESSION + "/revoke", "acme", "revoked-1")
                .then()
                .statusCode(200)
                .body("revokedAt", notNullValue())
                .extract()
                .path("revokedAt");
        assertEquals(
                revokedAt,
                pod("acme", "revoked-1").getMetadata().getAnnotations().get("clawpod.io/revoked"));
        caller().post(SESSION + "/revoke", "acme", "revoked-1")
                .then()
                .statusCode(200)
                .body("revokedAt", equalTo(revokedAt));
        await().untilAsserted(() -> caller().get(SESSION, "acme", "revoked-1")
                .then()
                .body("state", equalTo("running"))
                .body("revokedAt", equalTo(revokedAt)));
    }

    @Test
    void onlyASessionThatIsThereCanBeRevokedAndOnlyByACaller() {
        caller().post(SESSION + "/revoke", "acme", "nowhere").then().statusCode(404);
        put("acme", "revoked-2", SPEC).statusCode(201);
        given().post(SESSION + "/revoke", "acme", "revoked-2").then().statusCode(401);
        assertNull(pod("acme", "revoked-2").getMetadata().getAnnotations().get("clawpod.io/revoked"));
    }

    // --- what it tells of itself ---

    @Test
    void theApiDescriptionHasEveryPathAndItsForms() {
        given().accept("application/json")
                .get("/q/openapi?format=json")
                .then()
                .statusCode(200)
                .body("paths", aMapWithSize(15))
                .body("paths.'/v1/sessions'.get", notNullValue())
                .body(
                        "paths.'/v1/sessions'.get.parameters.name",
                        hasItems("install", "group", "state", "limit", "continue"))
                .body("paths.'/v1/sessions/{install}/{key}'.put.operationId", equalTo("putSession"))
                .body("paths.'/v1/sessions/{install}/{key}'.get.operationId", equalTo("getSession"))
                .body("paths.'/v1/sessions/{install}/{key}'.delete.operationId", equalTo("stopSession"))
                .body("paths.'/v1/sessions/{install}/{key}/logs'.get", notNullValue())
                .body("paths.'/v1/sessions/{install}/{key}/revoke'.post.operationId", equalTo("revokeSession"))
                .body("paths.'/v1/installs/{install}/lease'.put.operationId", equalTo("putLease"))
                .body("paths.'/v1/installs/{install}/sweep'.post.operationId", equalTo("sweepInstall"))
                .body("paths.'/v1/installs/{install}/archive'.get.operationId", equalTo("listArchive"))
                .body("paths.'/v1/docker-run'.post", notNullValue())
                .body("paths.'/.well-known/jwks.json'.get", notNullValue())
                .body("components.schemas.SessionSpec.properties.image", notNullValue())
                .body("components.schemas.SessionSpec.required", equalTo(List.of("image")))
                .body("components.schemas.Session.properties.exitCode", notNullValue())
                .body("components.schemas.SessionPage.properties.continue", notNullValue())
                .body("components.schemas.DockerRunAnswer", notNullValue())
                .body("components.schemas.Mount", notNullValue())
                .body("components.schemas.Pod", notNullValue());
    }

    @Test
    void theMetricsCountSessionsByState() {
        put("acme", "m1", SPEC).statusCode(201);
        put("acme", "m2", SPEC).statusCode(201);
        run("acme", "m2");
        await().untilAsserted(() -> given().get("/q/metrics")
                .then()
                .statusCode(200)
                .body(containsString("clawpod_sessions{state=\"pending\"} 1.0"))
                .body(containsString("clawpod_sessions{state=\"running\"} 1.0"))
                .body(containsString("clawpod_watch_fresh 1.0")));
    }
}
