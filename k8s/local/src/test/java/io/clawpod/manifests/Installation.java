package io.clawpod.manifests;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.RollableScalableResource;
import java.io.File;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Both services on the real cluster, from the manifests, as pods of their own images, with their Secrets and a stand-in for
 * the API. Closing takes all of it away.
 */
final class Installation implements AutoCloseable {
    static final String NAMESPACE = "clawpod";
    static final String AGENTS = "clawpod-agents";
    static final String SESSIONS = "/v1/sessions/3f2a9c1e/";

    private static final ObjectMapper JSON = new ObjectMapper();
    static final String CALLER_TOKEN = UUID.randomUUID().toString();
    private static boolean imagesAreLoaded;

    final KubernetesClient client;
    final StandInApi api;
    private final Applied applied;

    private Installation(KubernetesClient client, Applied applied) {
        this.client = client;
        this.applied = applied;
        secret("spawner-callers", "tokens", "test " + CALLER_TOKEN);
        secret("anthropic-credential", "api-key", StandInApi.KEY);
        this.api = StandInApi.create(client, applied);
    }

    /** Installs; {@link #awaitReady} says when all of it runs. */
    static Installation of(Manifests manifests) {
        String cluster = System.getenv("CLAWPOD_TEST_CLUSTER");
        assumeTrue(cluster != null, "CLAWPOD_TEST_CLUSTER names no test cluster: the images were not tried");
        loadImages(Objects.requireNonNull(cluster));
        KubernetesClient client = new KubernetesClientBuilder().build();
        @Nullable Applied applied = null;
        try {
            applied = Applied.apply(client, manifests);
            return new Installation(client, applied);
        } catch (RuntimeException | Error e) {
            if (applied != null) {
                applied.close();
            }
            client.close();
            throw e;
        }
    }

    /** Once for all tests: nothing is packaged anew in between. */
    private static synchronized void loadImages(String cluster) {
        if (imagesAreLoaded) {
            return;
        }
        Path root = Path.of(System.getProperty("clawpod.root", "../.."));
        for (String module : List.of("spawner", "credential-proxy")) {
            Path target = root.resolve(module).resolve("target");
            File image = target.resolve(module + "-image.tar").toFile();
            assertTrue(
                    image.lastModified()
                            >= target.resolve("quarkus-app/quarkus-run.jar")
                                    .toFile()
                                    .lastModified(),
                    image + " is missing or older than the service: package with -Pimage");
            Command.run(
                    root.resolve(".ci/load-image").toString(),
                    cluster,
                    "docker.io/clawpod/" + module + ":latest",
                    image.toString());
        }
        imagesAreLoaded = true;
    }

    /** Sets variables of a Deployment, as an overlay would. */
    static void set(Deployment deployment, Map<String, String> variables) {
        variables.forEach((name, value) -> deployment
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .get(0)
                .getEnv()
                .add(new EnvVar(name, value, null)));
    }

    /** Makes an object that goes away with the rest. */
    void create(HasMetadata object) {
        applied.create(object);
    }

    void secret(String name, String key, String value) {
        create(new SecretBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName(name)
                .endMetadata()
                .addToStringData(key, value)
                .build());
    }

    void awaitReady(String... deployments) {
        for (String name : deployments) {
            await(name + " is rolled out").atMost(Applied.PATIENCE).until(() -> isRolledOut(name));
        }
    }

    private boolean isRolledOut(String deployment) {
        Deployment live = deployment(deployment).get();
        var status = live.getStatus();
        Integer wanted = live.getSpec().getReplicas();
        return Objects.equals(status.getObservedGeneration(), live.getMetadata().getGeneration())
                && Objects.equals(status.getUpdatedReplicas(), wanted)
                && Objects.equals(status.getReplicas(), wanted)
                && Objects.equals(status.getReadyReplicas(), wanted);
    }

    RollableScalableResource<Deployment> deployment(String name) {
        return client.apps().deployments().inNamespace(NAMESPACE).withName(name);
    }

    static String clusterIp(KubernetesClient client, String namespace, String service) {
        return client.services()
                .inNamespace(namespace)
                .withName(service)
                .get()
                .getSpec()
                .getClusterIP();
    }

    /** Calls the spawner; a {@code body} is sent as JSON. */
    HttpResponse<String> spawner(String method, String path, @Nullable Object body) {
        return call("http://" + clusterIp(client, NAMESPACE, "spawner") + ":8080", method, path, body);
    }

    /** Calls a spawner by another address than its Service's. */
    HttpResponse<String> call(String base, String method, String path, @Nullable Object body) {
        try {
            return Http.send(
                    method,
                    base + path,
                    body == null ? "" : JSON.writeValueAsString(body),
                    "Authorization",
                    "Bearer " + CALLER_TOKEN,
                    "Content-Type",
                    "application/json");
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    JsonNode session(String key) {
        return json(spawner("GET", SESSIONS + key, null).body());
    }

    static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(text, e);
        }
    }

    /** Makes a session whose agent makes the calls that it is told to make, and waits until it does. */
    CallingPod callingSession(String key) {
        Map<String, Object> spec = Map.of("image", Script.IMAGE, "command", new Script("caller").command());
        // A spawner that has just been without its API server says so, and is to be asked again.
        HttpResponse<String> made = await("session " + key)
                .atMost(Applied.PATIENCE)
                .until(() -> spawner("PUT", SESSIONS + key, spec), answer -> answer.statusCode() != 503);
        assertEquals(201, made.statusCode(), made.body());
        return CallingPod.awaitServing(client, json(made.body()).at("/pod/name").asText());
    }

    @Override
    public void close() {
        try {
            applied.close();
        } finally {
            client.close();
        }
    }
}
