package io.clawpod.spawner.onecli;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasKey;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.clawpod.spawner.testing.ApiProfile;
import io.clawpod.spawner.testing.MockCluster;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What OneCLI's SDK asks, under the roots of its older and newer versions. */
@QuarkusTest
@QuarkusTestResource(MockCluster.class)
@TestProfile(ApiProfile.class)
class OneCliQuarkusTest {
    private static final String PROXY = "http://credential-proxy.clawpod.svc.cluster.local:3001";

    @Inject
    KubernetesClient cluster;

    @BeforeEach
    void awaitReady() {
        await().untilAsserted(() -> given().get("/q/health/ready").then().statusCode(200));
    }

    @AfterEach
    void removeSessions() {
        cluster.pods().inNamespace("clawpod-agents").delete();
        await().untilAsserted(() -> asHost().get("/v1/sessions").then().body("sessions.size()", equalTo(0)));
    }

    private static RequestSpecification asHost() {
        return given().header("Authorization", "Bearer " + ApiProfile.TOKEN);
    }

    private static ValidatableResponse post(String root, String body) {
        return asHost().contentType(ContentType.JSON)
                .body(body)
                .post(root + "/agents")
                .then();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api", "/v1"})
    void anAgentIsNewUntilItHasASession(String root) {
        String agent = "{\"name\":\"Family Chat\",\"identifier\":\"ag 1\"}";
        post(root, agent)
                .statusCode(201)
                .body("id", equalTo("ag 1"))
                .body("name", equalTo("Family Chat"))
                .body("identifier", equalTo("ag 1"));
        put("{\"image\":\"agent\",\"group\":\"ag 1\"}");
        post(root, agent).statusCode(200).body("identifier", equalTo("ag 1"));
        post(root, agent.replace("ag 1", "ag 2")).statusCode(201);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api", "/v1"})
    void theConfigLeadsToTheProxyAndHoldsNoKey(String root) {
        asHost().queryParam("agent", "ag-1")
                .get(root + "/container-config")
                .then()
                .statusCode(200)
                .contentType(ContentType.JSON)
                .body("env", equalTo(Map.of("ANTHROPIC_BASE_URL", PROXY, "ANTHROPIC_API_KEY", "placeholder")))
                .body("caCertificate", equalTo(""))
                .body("caCertificateContainerPath", equalTo("/tmp/onecli-gateway-ca.pem"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api", "/v1"})
    void whatIsWrongIsNamed(String root) {
        post(root, "{\"name\":\"a\"}")
                .statusCode(400)
                .contentType("application/problem+json")
                .body("code", equalTo("malformed-request"))
                .body("field", equalTo("identifier"));
        post(root, "").statusCode(400).body("field", equalTo("body"));
        for (String query : new String[] {"", "?agent=", "?agent=a&agent=b", "?agent=a%0Ab"}) {
            asHost().urlEncodingEnabled(false)
                    .get(root + "/container-config" + query)
                    .then()
                    .statusCode(400)
                    .body("field", equalTo("agent"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/container-config?agent=a", "/v1/container-config?agent=a", "/api", "/api/nothing"})
    void nobodyUnknownIsAnswered(String path) {
        given().get(path)
                .then()
                .statusCode(401)
                .header("WWW-Authenticate", containsString("Bearer"))
                .body("code", equalTo("unauthenticated"));
    }

    @Test
    void othersOfOneClisPathsAreNotThere() {
        asHost().get("/api/gateway-url").then().statusCode(404).body("code", equalTo("not-found"));
        asHost().get("/api/agents").then().statusCode(405);
        asHost().get("/v1/sessions").then().statusCode(200);
    }

    @Test
    void aSessionWithTheAnsweredEnvironmentGetsItsOwnToken() {
        put("{\"image\":\"agent\",\"env\":{\"ANTHROPIC_API_KEY\":\"placeholder\",\"ANTHROPIC_BASE_URL\":\"" + PROXY
                + "\"}}");
        List<EnvVar> env = cluster.pods()
                .inNamespace("clawpod-agents")
                .list()
                .getItems()
                .get(0)
                .getSpec()
                .getContainers()
                .get(0)
                .getEnv();
        // In the order of their names.
        assertEquals(
                List.of("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"),
                env.stream().map(EnvVar::getName).toList());
        assertEquals(PROXY, env.get(1).getValue());
        String secret = env.get(0).getValueFrom().getSecretKeyRef().getName();
        assertNotNull(cluster.secrets()
                .inNamespace("clawpod-agents")
                .withName(secret)
                .get()
                .getData()
                .get("token"));
    }

    @Test
    void bothRootsAreInTheDescription() {
        given().get("/q/openapi?format=json")
                .then()
                .body("paths", hasKey("/v1/container-config"))
                .body("paths", hasKey("/api/container-config"))
                .body("paths.'/api/agents'.post.responses", hasKey("201"))
                .body("paths.'/api/container-config'.get.parameters[0].name", equalTo("agent"))
                .body("paths.'/v1/container-config'.get.parameters[0].schema.type", equalTo("string"));
    }

    private static void put(String spec) {
        asHost().contentType(ContentType.JSON)
                .body(spec)
                .put("/v1/sessions/3f2a9c1e/agent-1")
                .then()
                .statusCode(201);
    }
}
