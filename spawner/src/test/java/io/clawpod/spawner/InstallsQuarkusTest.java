package io.clawpod.spawner;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.clawpod.common.Labels;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.testing.ApiProfile;
import io.clawpod.spawner.testing.MockCluster;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Owners' leases and sweeps over HTTP, against an API server in memory. */
@QuarkusTest
@QuarkusTestResource(MockCluster.class)
@TestProfile(ApiProfile.class)
class InstallsQuarkusTest {
    private static final String AGENTS = "clawpod-agents";
    private static final String LEASE = "/v1/installs/{install}/lease";
    private static final String SWEEP = "/v1/installs/{install}/sweep";
    private static final String TERMS = "{\"duration\":\"PT90S\",\"onLapse\":\"keep\",\"grace\":\"PT30S\"}";

    @Inject
    KubernetesClient cluster;

    @BeforeEach
    void awaitReady() {
        await().untilAsserted(() -> given().get("/q/health/ready").then().statusCode(200));
    }

    @AfterEach
    void clear() {
        cluster.leases().inNamespace(AGENTS).delete();
        cluster.pods().inNamespace(AGENTS).delete();
        await().untilAsserted(() -> caller().get("/v1/sessions").then().body("sessions.size()", is(0)));
    }

    private static RequestSpecification caller() {
        return given().header("Authorization", "Bearer " + ApiProfile.TOKEN);
    }

    private static ValidatableResponse renew(String install, String body) {
        return caller().contentType(ContentType.JSON)
                .body(body)
                .put(LEASE, install)
                .then();
    }

    private Lease lease(String name) {
        return cluster.leases().inNamespace(AGENTS).withName(name).get();
    }

    @Test
    void aLeaseIsMadeRenewedShownAndGivenUp() {
        String acquired = renew("acme", TERMS)
                .statusCode(201)
                .body("install", equalTo("acme"))
                .body("holder", equalTo("host"))
                .body("duration", equalTo("PT1M30S"))
                .body("grace", equalTo("PT30S"))
                .body("onLapse", equalTo("keep"))
                .body("fresh", is(true))
                .extract()
                .path("acquiredAt");
        Lease lease = lease("owner-acme");
        assertEquals("host", lease.getSpec().getHolderIdentity());
        assertEquals(90, lease.getSpec().getLeaseDurationSeconds());
        assertEquals(Labels.MANAGED_BY_SPAWNER, lease.getMetadata().getLabels().get(Labels.MANAGED_BY));
        assertEquals("acme", lease.getMetadata().getLabels().get(Labels.INSTALL));
        assertEquals("keep", lease.getMetadata().getAnnotations().get("clawpod.io/on-lapse"));
        assertEquals("PT30S", lease.getMetadata().getAnnotations().get("clawpod.io/grace"));

        renew("acme", "{\"duration\":\"PT10S\",\"onLapse\":\"keep\"}")
                .statusCode(200)
                .body("grace", equalTo("PT1M"))
                .body("acquiredAt", equalTo(acquired));
        caller().get(LEASE, "acme").then().statusCode(200).body("duration", equalTo("PT10S"));
        caller().delete(LEASE, "acme").then().statusCode(204);
        assertNull(lease("owner-acme"));
        caller().get(LEASE, "acme").then().statusCode(404).body("code", equalTo("lease-not-found"));
        caller().delete(LEASE, "acme").then().statusCode(204);
    }

    @Test
    void anotherHolderWaitsUntilItLapsesOrTakesIt() {
        renew("acme", TERMS).statusCode(201);
        String other = TERMS.replace("{", "{\"holder\":\"other\",");
        renew("acme", other)
                .statusCode(409)
                .body("code", equalTo("lease-held"))
                .body("detail", containsString("host's until"));
        assertEquals("host", lease("owner-acme").getSpec().getHolderIdentity());
        caller().contentType(ContentType.JSON)
                .body(other)
                .put(LEASE + "?takeover", "acme")
                .then()
                .statusCode(200)
                .body("holder", equalTo("other"));
        assertEquals(1, lease("owner-acme").getSpec().getLeaseTransitions());
    }

    @Test
    void installsWhoseSlugsNameNoObjectHaveLeasesOfTheirOwn() {
        renew("A.b_c", TERMS).statusCode(201);
        renew("a-b-c", TERMS).statusCode(201);
        renew("a.b-c", TERMS).statusCode(201);
        assertEquals(3, cluster.leases().inNamespace(AGENTS).list().getItems().size());
        caller().get(LEASE, "A.b_c").then().statusCode(200).body("install", equalTo("A.b_c"));
    }

    @Test
    void aLeaseOfAnybodyElseIsLeftAlone() {
        cluster.resource(new LeaseBuilder()
                        .withNewMetadata()
                        .withNamespace(AGENTS)
                        .withName("owner-acme")
                        .endMetadata()
                        .withNewSpec()
                        .withHolderIdentity("somebody")
                        .endSpec()
                        .build())
                .create();
        renew("acme", TERMS).statusCode(409).body("code", equalTo("foreign-lease"));
        caller().delete(LEASE, "acme").then().statusCode(409);
        assertEquals("somebody", lease("owner-acme").getSpec().getHolderIdentity());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "{\"onLapse\":\"end\"}|422|duration",
                "{\"duration\":\"PT90S\"}|422|onLapse",
                "{\"duration\":\"90\",\"onLapse\":\"end\"}|422|duration",
                "{\"duration\":\"PT4S\",\"onLapse\":\"end\"}|422|duration",
                "{\"duration\":\"PT10.5S\",\"onLapse\":\"end\"}|422|duration",
                "{\"duration\":\"PT25H\",\"onLapse\":\"end\"}|422|duration",
                "{\"duration\":\"PT90S\",\"onLapse\":\"END\"}|422|onLapse",
                "{\"duration\":\"PT90S\",\"onLapse\":\"end\",\"grace\":\"-PT1S\"}|422|grace",
                "{\"duration\":\"PT90S\",\"onLapse\":\"end\",\"holder\":\" \"}|422|holder",
                "{\"duration\":\"PT90S\",\"onLapse\":\"end\",\"holdr\":\"a\"}|422|holdr",
                "{\"duration\":90,\"onLapse\":\"end\"}|422|duration",
                "[]|422|-",
                "{|400|-"
            })
    void aWrongLeaseIsRefusedByItsField(String body, int status, String field) {
        renew("acme", body).statusCode(status).body("field", equalTo(field));
        assertNull(lease("owner-acme"));
    }

    @Test
    void aSweepEndsTheSessionsOfTheInstallThatAreNotNamed() {
        for (String key : new String[] {"one", "two"}) {
            put("acme", key);
            put("beta", key);
        }
        String body = "{\"keep\":[\"one\",\"gone\"]}";
        sweep("?dryRun", body)
                .statusCode(200)
                .body("dryRun", is(true))
                .body("ended", contains("two"))
                .body("kept", contains("one"))
                .body("unknown", contains("gone"));
        assertNotNull(
                cluster.pods().inNamespace(AGENTS).withName(pod("acme", "two")).get());
        sweep("", body).statusCode(200).body("dryRun", is(false)).body("ended", contains("two"));
        await().untilAsserted(() -> caller().get("/v1/sessions").then().body("sessions.size()", is(3)));
        assertNull(
                cluster.pods().inNamespace(AGENTS).withName(pod("acme", "two")).get());
        sweep("", body).statusCode(200).body("ended", empty());
        given().get("/q/metrics").then().body(containsString("clawpod_reaped_total{reason=\"orphaned\"} 1.0"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"{}|422|keep", "{\"keep\":[\"a\",null]}|422|keep[1]", "{\"keep\":[\"\"]}|422|keep[0]"})
    void aSweepThatNamesNothingByMistakeEndsNothing(String body, int status, String field) {
        sweep("", body).statusCode(status).body("field", equalTo(field));
    }

    @Test
    void theOnlySpawnerLeads() {
        await().untilAsserted(() -> given().get("/q/metrics").then().body(containsString("clawpod_reaper_leader 1.0")));
        assertNotNull(cluster.leases()
                .inNamespace("clawpod")
                .withName("spawner-reaper")
                .get());
    }

    private static String pod(String install, String key) {
        return SessionKey.of(install, key).podName();
    }

    private static void put(String install, String key) {
        caller().contentType(ContentType.JSON)
                .body("{\"image\":\"agent:1\"}")
                .put("/v1/sessions/{install}/{key}", install, key)
                .then()
                .statusCode(201);
    }

    private static ValidatableResponse sweep(String query, String body) {
        return caller().contentType(ContentType.JSON)
                .body(body)
                .post(SWEEP + query, "acme")
                .then();
    }
}
