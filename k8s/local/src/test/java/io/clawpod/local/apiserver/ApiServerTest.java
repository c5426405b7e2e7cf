package io.clawpod.local.apiserver;

import static io.clawpod.local.testing.Cluster.NAMESPACE;
import static io.clawpod.local.testing.Cluster.shell;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.local.testing.Cluster;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.StatusDetails;
import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ApiServerTest {
    private static final int PATIENCE_S = 30;

    private Cluster c;

    @BeforeEach
    void start() throws IOException {
        c = new Cluster();
    }

    @AfterEach
    void stop() {
        c.close();
    }

    private ConfigMap map(String name, String value) {
        return c.client
                .resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .addToLabels("color", value)
                        .endMetadata()
                        .addToData("key", value)
                        .build())
                .create();
    }

    private static int code(Runnable call) {
        return assertThrows(KubernetesClientException.class, call::run).getCode();
    }

    @Test
    void aCreatedObjectHasWhatTheServerSets() {
        ConfigMap map = map("a", "red");
        assertNotNull(map.getMetadata().getUid());
        assertNotNull(map.getMetadata().getCreationTimestamp());
        assertNotNull(map.getMetadata().getResourceVersion());
        assertEquals(NAMESPACE, map.getMetadata().getNamespace());
    }

    @Test
    void aNameIsTakenOnce() {
        map("a", "red");
        KubernetesClientException e = assertThrows(KubernetesClientException.class, () -> map("a", "blue"));
        assertEquals(409, e.getCode());
        assertEquals("AlreadyExists", e.getStatus().getReason());
    }

    @Test
    void whatIsNotThereIsNotFound() {
        assertNull(c.client.configMaps().withName("none").get());
        assertTrue(c.client.configMaps().withName("none").delete().isEmpty());
        assertEquals(
                404,
                code(() -> c.client
                        .configMaps()
                        .inNamespace("nowhere")
                        .resource(new ConfigMapBuilder()
                                .withNewMetadata()
                                .withName("a")
                                .endMetadata()
                                .build())
                        .create()));
    }

    @Test
    void anUpdateOfAnOldVersionConflicts() {
        ConfigMap old = map("a", "red");
        ConfigMap changed = new ConfigMapBuilder(old).addToData("key", "blue").build();
        ConfigMap updated = c.client.resource(changed).update();
        assertNotEquals(
                old.getMetadata().getResourceVersion(), updated.getMetadata().getResourceVersion());
        assertEquals(409, code(() -> c.client.resource(changed).update()));
        assertEquals("blue", c.client.configMaps().withName("a").get().getData().get("key"));
    }

    @Test
    void anUpdateThatChangesNothingMakesNoVersion() {
        ConfigMap map = map("a", "red");
        assertEquals(
                map.getMetadata().getResourceVersion(),
                c.client.resource(map).update().getMetadata().getResourceVersion());
    }

    @Test
    void everyKindOfPatchApplies() {
        map("a", "red");
        var resource = c.client.configMaps().withName("a");
        resource.patch(PatchContext.of(PatchType.JSON_MERGE), "{\"data\":{\"merged\":\"1\",\"key\":null}}");
        resource.patch(PatchContext.of(PatchType.STRATEGIC_MERGE), "{\"data\":{\"strategic\":\"1\"}}");
        resource.patch(PatchContext.of(PatchType.JSON), "[{\"op\":\"add\",\"path\":\"/data/json\",\"value\":\"1\"}]");
        c.client
                .resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName("a")
                        .endMetadata()
                        .addToData("applied", "1")
                        .build())
                .serverSideApply();
        assertEquals(
                Set.of("merged", "strategic", "json", "applied"),
                resource.get().getData().keySet());
    }

    @Test
    void selectorsSelect() {
        map("a", "red");
        map("b", "blue");
        map("c", "green");
        assertEquals(
                1,
                c.client
                        .configMaps()
                        .withLabel("color", "red")
                        .list()
                        .getItems()
                        .size());
        assertEquals(
                2,
                c.client
                        .configMaps()
                        .withLabelIn("color", "red", "blue")
                        .list()
                        .getItems()
                        .size());
        assertEquals(
                1,
                c.client
                        .configMaps()
                        .withLabelNotIn("color", "red", "blue")
                        .list()
                        .getItems()
                        .size());
        assertEquals(
                0, c.client.configMaps().withoutLabel("color").list().getItems().size());
        assertEquals(
                3, c.client.configMaps().withLabel("color").list().getItems().size());
        assertEquals(
                1,
                c.client
                        .configMaps()
                        .withField("metadata.name", "b")
                        .list()
                        .getItems()
                        .size());
        assertEquals(3, c.client.configMaps().inAnyNamespace().list().getItems().size());
    }

    @Test
    void aWatchOverWebSocketTellsEachChangeOnce() throws InterruptedException {
        map("a", "red");
        BlockingQueue<String> events = new LinkedBlockingQueue<>();
        try (var watch = c.client.configMaps().withLabel("color", "red").watch(new Watcher<>() {
            @Override
            public void eventReceived(Action action, ConfigMap map) {
                events.add(action + " " + map.getMetadata().getName());
            }

            @Override
            public void onClose(WatcherException cause) {}
        })) {
            assertNotNull(watch);
            // What was there is told on a thread of its own, and what comes now could overtake it.
            assertEquals("ADDED a", events.poll(PATIENCE_S, TimeUnit.SECONDS));
            map("b", "blue");
            map("c", "red");
            c.client
                    .configMaps()
                    .withName("c")
                    .edit(map -> new ConfigMapBuilder(map).addToData("x", "y").build());
            c.client
                    .configMaps()
                    .withName("c")
                    .edit(map -> new ConfigMapBuilder(map)
                            .editMetadata()
                            .addToLabels("color", "blue")
                            .endMetadata()
                            .build());
            c.client.configMaps().withName("a").delete();
            for (String expected : List.of("ADDED c", "MODIFIED c", "DELETED c", "DELETED a")) {
                assertEquals(expected, events.poll(PATIENCE_S, TimeUnit.SECONDS));
            }
        }
    }

    @Test
    void aWatchOverPlainHttpGoesOnFromAVersion() throws IOException, InterruptedException {
        String since = map("a", "red").getMetadata().getResourceVersion();
        c.client.configMaps().withName("a").delete();
        map("b", "red");
        HttpResponse<java.io.InputStream> response = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(c.cluster.apiServerUrl() + "/api/v1/namespaces/" + NAMESPACE
                                        + "/configmaps?watch=true&resourceVersion=" + since))
                                .build(),
                        HttpResponse.BodyHandlers.ofInputStream());
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            assertTrue(lines.readLine().contains("\"DELETED\""));
            assertTrue(lines.readLine().contains("\"ADDED\""));
        }
    }

    @Test
    void aDeletionKeepsToItsPreconditions() {
        ConfigMap map = map("a", "red");
        ConfigMap other = new ConfigMapBuilder(map)
                .editMetadata()
                .withResourceVersion("1")
                .endMetadata()
                .build();
        assertEquals(
                409,
                code(() -> c.client.resource(other).lockResourceVersion("1").delete()));
        List<StatusDetails> deleted = c.client.resource(map).delete();
        assertFalse(deleted.isEmpty());
        assertNull(c.client.configMaps().withName("a").get());
    }

    @Test
    void theStatusOfAPodChangesByItsSubresourceAlone() {
        Pod pod = c.create(shell("p", "sleep 60"));
        assertEquals("Pending", pod.getStatus().getPhase());
        c.awaitPhase("p", "Running");
        Pod running = c.client.pods().withName("p").get();
        Pod edited = new PodBuilder(running)
                .editMetadata()
                .addToAnnotations("note", "x")
                .endMetadata()
                .editStatus()
                .withPhase("Failed")
                .endStatus()
                .build();
        Pod updated = c.client.resource(edited).update();
        assertEquals("Running", updated.getStatus().getPhase());
        assertEquals("x", updated.getMetadata().getAnnotations().get("note"));
        Pod withStatus = c.client
                .resource(new PodBuilder(updated)
                        .editStatus()
                        .withMessage("seen")
                        .endStatus()
                        .build())
                .updateStatus();
        assertEquals("seen", withStatus.getStatus().getMessage());
    }

    @Test
    void theSpecOfAPodDoesNotChange() {
        c.create(shell("p", "sleep 60"));
        Pod running = c.awaitPhase("p", "Running");
        Pod edited = new PodBuilder(running)
                .editSpec()
                .editFirstContainer()
                .withCommand("true")
                .endContainer()
                .endSpec()
                .build();
        assertEquals(422, code(() -> c.client.resource(edited).update()));
    }

    @Test
    void aServiceGetsALoopbackAddress() {
        Service service = c.client
                .resource(new ServiceBuilder()
                        .withNewMetadata()
                        .withName("s")
                        .endMetadata()
                        .withNewSpec()
                        .addNewPort()
                        .withPort(80)
                        .endPort()
                        .endSpec()
                        .build())
                .create();
        assertTrue(service.getSpec().getClusterIP().startsWith("127."));
    }

    @Test
    void dependentsGoWithTheirOwner() {
        Pod pod = c.create(shell("p", "sleep 60"));
        Secret secret = new SecretBuilder()
                .withNewMetadata()
                .withName("p-token")
                .addNewOwnerReference()
                .withApiVersion("v1")
                .withKind("Pod")
                .withName("p")
                .withUid(pod.getMetadata().getUid())
                .endOwnerReference()
                .endMetadata()
                .addToStringData("token", "t")
                .build();
        assertEquals("dA==", c.client.resource(secret).create().getData().get("token"));
        c.client.pods().withName("p").withGracePeriod(0).delete();
        c.client.secrets().withName("p-token").waitUntilCondition(s -> s == null, PATIENCE_S, TimeUnit.SECONDS);
    }

    @Test
    void aDependentOfAnOwnerThatIsGoneGoesToo() {
        c.client
                .resource(new SecretBuilder()
                        .withNewMetadata()
                        .withName("orphan")
                        .addNewOwnerReference()
                        .withApiVersion("v1")
                        .withKind("Pod")
                        .withName("p")
                        .withUid("gone")
                        .endOwnerReference()
                        .endMetadata()
                        .build())
                .create();
        c.client.secrets().withName("orphan").waitUntilCondition(s -> s == null, PATIENCE_S, TimeUnit.SECONDS);
    }

    @Test
    void onlyRegisteredTokensAreAuthenticated() {
        c.cluster.registerToken("right", "clawpod", "host", Set.of("clawpod-spawner"));
        assertTrue(review("right", "clawpod-spawner").getStatus().getAuthenticated());
        assertEquals(
                "system:serviceaccount:clawpod:host",
                review("right", "clawpod-spawner").getStatus().getUser().getUsername());
        assertFalse(review("right", "other").getStatus().getAuthenticated());
        assertFalse(review("wrong", "clawpod-spawner").getStatus().getAuthenticated());
    }

    private TokenReview review(String token, String audience) {
        return c.client
                .resource(new TokenReviewBuilder()
                        .withNewSpec()
                        .withToken(token)
                        .withAudiences(audience)
                        .endSpec()
                        .build())
                .create();
    }

    @Test
    void theServerTellsItsVersionAndThatItIsReady() {
        assertEquals("1", c.client.getKubernetesVersion().getMajor());
        assertEquals("ok", c.client.raw("/readyz"));
    }

    @Test
    void aListComesInPages() {
        map("a", "red");
        map("b", "red");
        map("c", "red");
        var first = c.client
                .configMaps()
                .list(new io.fabric8.kubernetes.api.model.ListOptionsBuilder()
                        .withLimit(2L)
                        .build());
        assertEquals(2, first.getItems().size());
        var second = c.client
                .configMaps()
                .list(new io.fabric8.kubernetes.api.model.ListOptionsBuilder()
                        .withLimit(2L)
                        .withContinue(first.getMetadata().getContinue())
                        .build());
        assertEquals("c", second.getItems().get(0).getMetadata().getName());
        assertEquals(1, second.getItems().size());
    }
}
