package io.clawpod.spawner;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;

import io.clawpod.spawner.testing.MockCluster;
import io.clawpod.spawner.testing.UnreadyProfile;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A spawner that lacks all it needs says so, part by part, and does nothing else. */
@QuarkusTest
@QuarkusTestResource(MockCluster.class)
@TestProfile(UnreadyProfile.class)
class UnreadyQuarkusTest {
    @Test
    void readinessNamesEachPartThatIsMissing() {
        await().untilAsserted(() -> given().get("/q/health/ready")
                .then()
                .statusCode(503)
                .body("status", equalTo("DOWN"))
                .body(containsString("Service clawpod/absent-proxy is missing"))
                .body(containsString("Secret clawpod/absent-key is missing"))
                .body(containsString("clawpod.callers.token-file")));
    }

    @Test
    void itIsAliveAllTheSame() {
        given().get("/q/health/live").then().statusCode(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Bearer some-token-0123456789"})
    void withoutAConfiguredCallerNobodyIsLetIn(String authorization) {
        given().header("Authorization", authorization)
                .get("/v1/sessions")
                .then()
                .statusCode(503)
                .contentType("application/problem+json")
                .header("Retry-After", notNullValue())
                .body("code", equalTo("callers-not-configured"))
                .body("remedy", containsString("clawpod.callers.token-file"));
    }

    @Test
    void withoutAKeyThereIsNoKeySet() {
        given().get("/.well-known/jwks.json")
                .then()
                .statusCode(503)
                .contentType("application/problem+json")
                .body("code", equalTo("not-ready"))
                .body("remedy", containsString("/q/health/ready"));
    }
}
