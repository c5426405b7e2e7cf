package io.clawpod.spawner.docker;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.clawpod.spawner.testing.ApiProfile;
import io.clawpod.spawner.testing.MockCluster;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code docker run} over HTTP, against an API server in memory. */
@QuarkusTest
@QuarkusTestResource(MockCluster.class)
@TestProfile(ApiProfile.class)
class DockerRunQuarkusTest {
    private static final String AGENTS = "clawpod-agents";
    private static final String NAME = "nanoclaw-v2-Family_Chat-1769000000000";

    @Inject
    KubernetesClient cluster;

    @BeforeEach
    void awaitReady() {
        await().untilAsserted(() -> given().get("/q/health/ready").then().statusCode(200));
    }

    @AfterEach
    void removeSessions() {
        cluster.pods().inNamespace(AGENTS).delete();
        await().untilAsserted(() -> given().header("Authorization", "Bearer " + ApiProfile.TOKEN)
                .get("/v1/sessions")
                .then()
                .body("sessions", empty()));
    }

    private static String argv(String host) throws IOException {
        try (InputStream argv = DockerRunQuarkusTest.class.getResourceAsStream("/docker-run/" + host + "/argv.json")) {
            return new String(Objects.requireNonNull(argv).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static ValidatableResponse post(String query, String argv) {
        return given().header("Authorization", "Bearer " + ApiProfile.TOKEN)
                .contentType(ContentType.JSON)
                .body(argv)
                .post("/v1/docker-run" + query)
                .then();
    }

    private List<Pod> pods() {
        return cluster.pods().inNamespace(AGENTS).list().getItems();
    }

    @Test
    void theArgvOfAHostBecomesASessionThatTheSessionsApiKnows() throws IOException {
        post("", argv("v2.0.64"))
                .statusCode(201)
                .body("session.install", equalTo("3f2a9c1e"))
                .body("session.key", equalTo(NAME))
                .body("session.state", equalTo("pending"))
                .body("report.mapped.flag", hasItems("--rm", "--name", "-v", "--entrypoint"))
                .body("report.refused", empty());
        post("", argv("v2.0.64")).statusCode(200).body("session.key", equalTo(NAME));
        assertEquals(1, pods().size());
        Pod pod = pods().get(0);
        assertEquals(List.of("bash"), pod.getSpec().getContainers().get(0).getCommand());
        assertEquals(1001L, pod.getSpec().getSecurityContext().getRunAsUser());
        given().header("Authorization", "Bearer " + ApiProfile.TOKEN)
                .get("/v1/sessions/3f2a9c1e/" + NAME)
                .then()
                .statusCode(200)
                .body("pod.uid", equalTo(pod.getMetadata().getUid()));
    }

    @Test
    void aDryRunWithoutAValueMakesNothing() throws IOException {
        for (String query : List.of("?dryRun", "?dryRun=", "?dryRun=true")) {
            post(query, argv("v2.0.64"))
                    .statusCode(200)
                    .body("session", nullValue())
                    .body("report.mapped", not(empty()));
        }
        assertEquals(List.of(), pods());
        post("?dryRun=false", argv("v2.0.64")).statusCode(201);
    }

    @Test
    void aRefusalHasTheReportAndMakesNothing() {
        String argv =
                "[\"run\",\"--rm\",\"--privileged\",\"--label\",\"nanoclaw-install=3f2a9c1e\",\"--name\",\"agent-1\",\"image\"]";
        post("", argv)
                .statusCode(422)
                .contentType("application/problem+json")
                .body("code", equalTo("unsupported-flag"))
                .body("field", equalTo("argv[2]"))
                .body("detail", containsString("--privileged"))
                .body("report.refused.flag", hasItems("--privileged"));
        assertEquals(List.of(), pods());
    }

    @Test
    void aMountOutsideEveryRuleIsRefusedWithTheReportAlsoInADryRun() {
        String argv =
                "[\"run\",\"--label\",\"nanoclaw-install=3f2a9c1e\",\"--name\",\"agent-1\",\"-v\",\"/etc:/etc\",\"image\"]";
        for (String query : List.of("", "?dryRun")) {
            post(query, argv)
                    .statusCode(422)
                    .body("code", equalTo("invalid-spec"))
                    .body("field", equalTo("mounts[0].hostPath"))
                    .body("report.mapped", notNullValue());
        }
        assertEquals(List.of(), pods());
    }

    @Test
    void aBodyThatIsNoArgvIsRefused() {
        post("", "{\"argv\":[]}")
                .statusCode(400)
                .body("code", equalTo("malformed-request"))
                .body("field", equalTo("body"));
    }
}
