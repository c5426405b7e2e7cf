package io.clawpod.spawner;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.clawpod.common.client.EventLoopHttpClient;
import io.clawpod.spawner.testing.ApiProfile;
import io.clawpod.spawner.testing.Events;
import io.clawpod.spawner.testing.Events.Event;
import io.clawpod.spawner.testing.MockCluster;
import io.clawpod.spawner.testing.SpawnerClient;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import jakarta.inject.Inject;
import java.net.URI;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The stream of changes over HTTP, against an API server in memory. */
@QuarkusTest
@QuarkusTestResource(MockCluster.class)
@TestProfile(ApiProfile.class)
class WatchQuarkusTest {
    private static final String SPEC = "{\"image\":\"agent:1\"}";

    @Inject
    KubernetesClient cluster;

    private SpawnerClient spawner = client();

    private static SpawnerClient client() {
        return new SpawnerClient(URI.create("http://localhost:" + RestAssured.port), ApiProfile.TOKEN);
    }

    @BeforeEach
    void awaitReady() {
        spawner = client();
        await().untilAsserted(() -> given().get("/q/health/ready").then().statusCode(200));
    }

    @AfterEach
    void removeSessions() {
        cluster.pods().inNamespace("clawpod-agents").delete();
        await().until(() -> spawner.get("/v1/sessions").json().path("sessions").isEmpty());
    }

    private void put(String key) {
        assertEquals(201, spawner.put(key, SPEC).status());
    }

    @Test
    void theSpawnersOwnWatchesLoseNoFirstEvents() {
        assertInstanceOf(EventLoopHttpClient.class, cluster.getHttpClient());
    }

    @Test
    void aNewReaderFirstGetsAllThereIsThenEachChange() {
        put("a");
        put("b");
        try (Events events = spawner.events(null)) {
            Event resync = events.next();
            assertEquals("resync", resync.name());
            assertEquals(2, resync.data().path("count").asInt());
            List<Event> there = Stream.generate(events::next).limit(2).toList();
            assertEquals(List.of("a", "b"), there.stream().map(Event::key).toList());
            there.forEach(event -> assertNull(event.id()));
            Event synced = events.next();
            assertEquals("synced", synced.name());
            assertNotNull(synced.id());

            put("c");
            Event changed = events.next();
            assertEquals("session", changed.name());
            assertEquals("c", changed.key());
            assertEquals("pending", changed.state());

            spawner.delete("a", "PT1S");
            assertEquals(
                    "a", events.next(event -> event.name().equals("removed")).key());
        }
    }

    @Test
    void aReaderThatComesBackGetsWhatItMissedAndNothingTwice() {
        String last;
        try (Events events = spawner.events(null)) {
            events.next(event -> event.name().equals("synced"));
            put("before");
            last = Objects.requireNonNull(
                    events.next(event -> event.key().equals("before")).id());
        }
        put("missed-1");
        put("missed-2");
        try (Events events = spawner.events(last)) {
            Event first = events.next(event -> !event.key().equals("before"));
            assertEquals("session", first.name());
            assertEquals("missed-1", first.key());
            assertEquals(
                    "missed-2",
                    events.next(event -> !event.key().equals("missed-1")).key());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "7", "another-process-3", "not an id"})
    void aReaderWithAnUnknownIdBeginsAnew(String id) {
        put("a");
        try (Events events = spawner.events(id)) {
            assertEquals("resync", events.next().name());
            assertEquals("a", events.next().key());
            assertEquals("synced", events.next().name());
        }
    }

    @Test
    void aWatchThatIsSwitchedOffIsTheList() {
        given().header("Authorization", "Bearer " + ApiProfile.TOKEN)
                .accept("application/json")
                .get("/v1/sessions?watch=false")
                .then()
                .statusCode(200)
                .contentType("application/json");
    }
}
