package io.clawpod.manifests;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole on a real cluster: both services from {@code kubectl apply -k k8s/}, as pods of their own images; a stand-in for
 * the API; and an agent from the command line of a v2.0.64 host, which reads and writes a folder of the host.
 */
final class InstallIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String AGENT_IMAGE =
            Objects.requireNonNullElse(System.getenv("CLAWPOD_TEST_AGENT_IMAGE"), "clawpod-test/agent:1");
    private static final String UPSTREAM = "clawpod-test-upstream";
    private static final String AGENTS = "clawpod-agents";
    private static final String CALLER_TOKEN = UUID.randomUUID().toString();
    private static final String REAL_KEY = "sk-ant-" + UUID.randomUUID();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    private static Path host;

    private static KubernetesClient client = new KubernetesClientBuilder().build();
    private static @Nullable Applied applied;
    private static String spawner = "";

    @BeforeAll
    static void install() throws IOException, InterruptedException {
        String cluster = System.getenv("CLAWPOD_TEST_CLUSTER");
        assumeTrue(cluster != null, "CLAWPOD_TEST_CLUSTER names no test cluster: the images were not tried");
        image(Objects.requireNonNull(cluster), "spawner");
        image(cluster, "credential-proxy");
        applied = Applied.apply(client, configured(Manifests.rendered()));
        secret("spawner-callers", "tokens", "test " + CALLER_TOKEN);
        secret("anthropic-credential", "api-key", REAL_KEY);
        folders();
        upstream();
        for (String name : List.of("spawner", "credential-proxy")) {
            await(name + " is rolled out").atMost(Applied.PATIENCE).until(() -> isRolledOut(name));
        }
        spawner = "http://" + clusterIp("clawpod", "spawner") + ":8080";
    }

    @AfterAll
    static void remove() {
        try {
            if (applied != null) {
                applied.close();
            }
        } finally {
            client.close();
        }
    }

    private static Applied applied() {
        return Objects.requireNonNull(applied);
    }

    private static void image(String cluster, String module) throws IOException, InterruptedException {
        Path root = Path.of(System.getProperty("clawpod.root", "../.."));
        Process process = new ProcessBuilder(
                        root.resolve(".ci/java-image").toString(),
                        cluster,
                        "docker.io/clawpod/" + module + ":latest",
                        root.resolve(module + "/target/quarkus-app").toString())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
    }

    private static void secret(String name, String key, String value) {
        applied()
                .create(new SecretBuilder()
                        .withNewMetadata()
                        .withNamespace("clawpod")
                        .withName(name)
                        .endMetadata()
                        .addToData(key, Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.UTF_8)))
                        .build());
    }

    /** The host's folder, as a claim of the agents' namespace; made by root and written by uid 1000. */
    private static void folders() throws IOException {
        Path session = Files.createDirectories(host.resolve("data/v2-sessions/family/1769000000000"));
        Files.createDirectories(host.resolve("container/agent-runner/src"));
        Files.writeString(session.resolve("inbound.txt"), "hello agent");
        Files.writeString(host.resolve("container/agent-runner/src/index.mjs"), resource("agent.mjs"));
        Files.setPosixFilePermissions(host, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(session, PosixFilePermissions.fromString("rwxrwxrwx"));
        applied()
                .create(new PersistentVolumeBuilder()
                        .withNewMetadata()
                        .withName("clawpod-test-nanoclaw")
                        .endMetadata()
                        .withNewSpec()
                        .withStorageClassName("")
                        .withAccessModes("ReadWriteMany")
                        .addToCapacity("storage", new Quantity("1Gi"))
                        .withNewHostPath(host.toString(), "Directory")
                        .withNewClaimRef()
                        .withNamespace(AGENTS)
                        .withName("nanoclaw")
                        .endClaimRef()
                        .endSpec()
                        .build());
        applied()
                .create(new PersistentVolumeClaimBuilder()
                        .withNewMetadata()
                        .withNamespace(AGENTS)
                        .withName("nanoclaw")
                        .endMetadata()
                        .withNewSpec()
                        .withStorageClassName("")
                        .withVolumeName("clawpod-test-nanoclaw")
                        .withAccessModes("ReadWriteMany")
                        .withNewResources()
                        .addToRequests("storage", new Quantity("1Gi"))
                        .endResources()
                        .endSpec()
                        .build());
    }

    private static void upstream() throws IOException {
        applied()
                .create(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(UPSTREAM)
                        .endMetadata()
                        .build());
        applied()
                .create(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withNamespace(UPSTREAM)
                        .withName("upstream")
                        .endMetadata()
                        .addToData("upstream.mjs", resource("upstream.mjs"))
                        .build());
        applied()
                .create(new ServiceBuilder()
                        .withNewMetadata()
                        .withNamespace(UPSTREAM)
                        .withName("upstream")
                        .endMetadata()
                        .withNewSpec()
                        .addToSelector("app", "upstream")
                        .addNewPort()
                        .withPort(8080)
                        .endPort()
                        .endSpec()
                        .build());
        applied()
                .create(new PodBuilder()
                        .withNewMetadata()
                        .withNamespace(UPSTREAM)
                        .withName("upstream")
                        .addToLabels("app", "upstream")
                        .endMetadata()
                        .withNewSpec()
                        .withTerminationGracePeriodSeconds(1L)
                        .addNewContainer()
                        .withName("node")
                        .withImage(AGENT_IMAGE)
                        .withImagePullPolicy("IfNotPresent")
                        .withCommand("node", "/scripts/upstream.mjs")
                        .addNewEnv()
                        .withName("EXPECTED_KEY")
                        .withValue(REAL_KEY)
                        .endEnv()
                        .addNewVolumeMount()
                        .withName("scripts")
                        .withMountPath("/scripts")
                        .endVolumeMount()
                        .endContainer()
                        .addNewVolume()
                        .withName("scripts")
                        .withNewConfigMap()
                        .withName("upstream")
                        .endConfigMap()
                        .endVolume()
                        .endSpec()
                        .build());
    }

    /** The settings that an overlay would make. */
    private static Manifests configured(Manifests manifests) {
        Map<String, Map<String, String>> env = Map.of(
                "spawner",
                Map.of(
                        "CLAWPOD_VOLUMES_RULES_0__HOST_PREFIX",
                        host.toString(),
                        "CLAWPOD_VOLUMES_RULES_0__SOURCE",
                        "pvc:nanoclaw"),
                "credential-proxy",
                Map.of(
                        "CLAWPOD_UPSTREAM_URL",
                        "http://upstream." + UPSTREAM + ".svc.cluster.local:8080",
                        "CLAWPOD_UPSTREAM_ALLOW_PRIVATE",
                        "true"));
        for (Deployment deployment : manifests.all(Deployment.class)) {
            Manifests.at(env, deployment.getMetadata().getName())
                    .forEach((name, value) -> deployment
                            .getSpec()
                            .getTemplate()
                            .getSpec()
                            .getContainers()
                            .get(0)
                            .getEnv()
                            .add(new EnvVar(name, value, null)));
        }
        return manifests;
    }

    private static boolean isRolledOut(String deployment) {
        var live = client.apps()
                .deployments()
                .inNamespace("clawpod")
                .withName(deployment)
                .get();
        var status = live.getStatus();
        return Objects.equals(status.getObservedGeneration(), live.getMetadata().getGeneration())
                && Objects.equals(status.getUpdatedReplicas(), 1)
                && Objects.equals(status.getReplicas(), 1)
                && Objects.equals(status.getReadyReplicas(), 1);
    }

    private static String clusterIp(String namespace, String service) {
        return client.services()
                .inNamespace(namespace)
                .withName(service)
                .get()
                .getSpec()
                .getClusterIP();
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = InstallIT.class.getResourceAsStream("/install/" + name)) {
            return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static HttpResponse<String> call(String method, String path, @Nullable Object body)
            throws IOException, InterruptedException {
        HttpRequest.BodyPublisher publisher = body == null
                ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body));
        HttpRequest request = HttpRequest.newBuilder(URI.create(spawner + path))
                .header("Authorization", "Bearer " + CALLER_TOKEN)
                .header("Content-Type", "application/json")
                .timeout(Duration.ofSeconds(60))
                .method(method, publisher)
                .build();
        return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    }

    /** The command line of a v2.0.64 host; the agent's program is a script of node's, which the image has. */
    private static List<String> argv(String name, String... env) {
        List<String> argv =
                new ArrayList<>(List.of("run", "--rm", "--name", name, "--label", "nanoclaw-install=3f2a9c1e"));
        argv.addAll(List.of("-e", "TZ=Europe/Berlin"));
        for (String variable : env) {
            argv.addAll(List.of("-e", variable));
        }
        argv.addAll(List.of(
                "--add-host=host.docker.internal:host-gateway",
                "--user",
                "1000:1000",
                "-e",
                "HOME=/home/node",
                "-v",
                host + "/data/v2-sessions/family/1769000000000:/workspace",
                "-v",
                host + "/container/agent-runner/src:/app/src:ro",
                "--entrypoint",
                "bash",
                AGENT_IMAGE,
                "-c",
                "exec node /app/src/index.mjs"));
        return argv;
    }

    private static JsonNode session(String name) throws IOException, InterruptedException {
        return JSON.readTree(call("GET", "/v1/sessions/3f2a9c1e/" + name, null).body());
    }

    @Test
    void anAgentOfAV2HostAsksTheApiAndNeverSeesTheKey() throws IOException, InterruptedException {
        HttpResponse<String> made = call("POST", "/v1/docker-run", argv("nanoclaw-v2-Family_Chat-1"));
        assertEquals(201, made.statusCode(), made.body());
        JsonNode session = JSON.readTree(made.body()).get("session");
        assertEquals("family", session.get("group").asText());

        String log = call("GET", "/v1/sessions/3f2a9c1e/nanoclaw-v2-Family_Chat-1/logs?follow", null)
                .body();

        assertTrue(log.contains("hosts true\ngreeting 200\nanswer 200\n"), log);
        assertTrue(log.contains("word-5 of 1000"), log);
        assertTrue(log.contains("message_stop"), log);
        assertTrue(log.endsWith("wrote hello agent\n"), log);
        await("end")
                .atMost(Applied.PATIENCE)
                .until(() ->
                        session("nanoclaw-v2-Family_Chat-1").path("exitCode").asInt(-1) == 3);
        assertEquals(
                "written by uid 1000",
                Files.readString(host.resolve("data/v2-sessions/family/1769000000000/outbound.txt")));
        assertKeyIsNowhereAmongTheAgents(log);
        assertEquals(
                202,
                call("DELETE", "/v1/sessions/3f2a9c1e/nanoclaw-v2-Family_Chat-1", null)
                        .statusCode());
        await("the pod's Secret goes with it")
                .atMost(Applied.PATIENCE)
                .until(() ->
                        client.secrets().inNamespace(AGENTS).list().getItems().isEmpty());
    }

    private static void assertKeyIsNowhereAmongTheAgents(String log) {
        String encoded = Base64.getEncoder().encodeToString(REAL_KEY.getBytes(StandardCharsets.UTF_8));
        List<String> places = new ArrayList<>(List.of(log));
        client.pods().inNamespace(AGENTS).list().getItems().forEach(pod -> places.add(pod.toString()));
        client.secrets().inNamespace(AGENTS).list().getItems().forEach(secret -> places.add(secret.toString()));
        client.configMaps().inNamespace(AGENTS).list().getItems().forEach(map -> places.add(map.toString()));
        assertTrue(places.size() > 3, "a pod, its Secret and the cluster's ConfigMap are looked through");
        for (String place : places) {
            assertFalse(place.contains(REAL_KEY) || place.contains(encoded), "the key is where an agent can see it");
        }
    }

    @Test
    void aTokenIsWorthNothingElsewhereAndItsStreamsEndWithItsPod() throws IOException, InterruptedException {
        HttpResponse<String> made = call("POST", "/v1/docker-run", argv("nanoclaw-v2-Endless-1", "ENDLESS=1"));
        assertEquals(201, made.statusCode(), made.body());
        await("the stream")
                .atMost(Applied.PATIENCE)
                .until(() -> call("GET", "/v1/sessions/3f2a9c1e/nanoclaw-v2-Endless-1/logs?tail=5", null)
                        .body()
                        .contains("word-"));
        String token =
                tokenOf(JSON.readTree(made.body()).at("/session/pod/name").asText());

        assertEquals(401, askFromHere(token), "the address is not the pod's");
        assertEquals(401, askFromHere("sk-ant-of-somebody"));

        int cut = cutStreams();
        assertEquals(
                202,
                call("DELETE", "/v1/sessions/3f2a9c1e/nanoclaw-v2-Endless-1?grace=PT20S", null)
                        .statusCode());
        // Well before the grace is over: it is the proxy that cuts, not the end of the process.
        await("the stream is cut").atMost(Duration.ofSeconds(10)).until(() -> cutStreams() == cut + 1);
        await("gone")
                .atMost(Applied.PATIENCE)
                .until(() ->
                        session("nanoclaw-v2-Endless-1").path("code").asText().equals("session-not-found"));
    }

    private static String tokenOf(String pod) {
        Pod live = client.pods().inNamespace(AGENTS).withName(pod).get();
        Secret secret = client.secrets().inNamespace(AGENTS).list().getItems().stream()
                .filter(found -> found.getMetadata().getOwnerReferences().stream()
                        .anyMatch(owner ->
                                owner.getUid().equals(live.getMetadata().getUid())))
                .findFirst()
                .orElseThrow();
        Map<String, String> data = secret.getData();
        return new String(Base64.getDecoder().decode(data.get("token")), StandardCharsets.UTF_8);
    }

    private static int askFromHere(String token) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://" + clusterIp("clawpod", "credential-proxy") + ":3001/v1/messages"))
                .header("x-api-key", token)
                .POST(HttpRequest.BodyPublishers.ofString("{}"))
                .build();
        return HTTP.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    private static int cutStreams() throws IOException, InterruptedException {
        URI uri = URI.create("http://" + clusterIp(UPSTREAM, "upstream") + ":8080/cut");
        return Integer.parseInt(HTTP.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                .body());
    }
}
