package io.clawpod.manifests;

import static io.clawpod.manifests.Installation.AGENTS;
import static io.clawpod.manifests.Installation.SESSIONS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.PersistentVolumeBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
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
    private static final String ARCHIVE = "/v1/installs/3f2a9c1e/archive";

    @TempDir
    private static Path host;

    private static @Nullable Installation installation;

    @BeforeAll
    static void install() throws IOException {
        installation = Installation.of(configured(Manifests.rendered()));
        folders();
        installation().awaitReady("spawner", "credential-proxy");
    }

    @AfterAll
    static void remove() {
        if (installation != null) {
            installation.close();
        }
    }

    private static Installation installation() {
        return Objects.requireNonNull(installation);
    }

    private static KubernetesClient client() {
        return installation().client;
    }

    private static HttpResponse<String> call(String method, String path, @Nullable Object body) {
        return installation().spawner(method, path, body);
    }

    /** The settings that an overlay would make. */
    private static Manifests configured(Manifests manifests) {
        Installation.set(
                manifests.one(Deployment.class, Installation.NAMESPACE, "spawner"),
                Map.of(
                        "CLAWPOD_VOLUMES_RULES_0__HOST_PREFIX",
                        host.toString(),
                        "CLAWPOD_VOLUMES_RULES_0__SOURCE",
                        "pvc:nanoclaw",
                        "CLAWPOD_ARCHIVE_FOLDER",
                        "/tmp"));
        Installation.set(
                manifests.one(Deployment.class, Installation.NAMESPACE, "credential-proxy"),
                Map.of("CLAWPOD_UPSTREAM_URL", StandInApi.URL, "CLAWPOD_UPSTREAM_ALLOW_PRIVATE", "true"));
        return manifests;
    }

    /** The host's folder, as a claim of the agents' namespace; made by root and written by uid 1000. */
    private static void folders() throws IOException {
        Path session = Files.createDirectories(host.resolve("data/v2-sessions/family/1769000000000"));
        Files.createDirectories(host.resolve("container/agent-runner/src"));
        Files.writeString(session.resolve("inbound.txt"), "hello agent");
        Files.writeString(host.resolve("container/agent-runner/src/index.mjs"), new Script("agent").text());
        Files.setPosixFilePermissions(host, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(session, PosixFilePermissions.fromString("rwxrwxrwx"));
        installation()
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
        installation()
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
                Script.IMAGE,
                "-c",
                "exec node /app/src/index.mjs"));
        return argv;
    }

    @Test
    void anAgentOfAV2HostAsksTheApiAndNeverSeesTheKey() throws IOException {
        HttpResponse<String> made = call("POST", "/v1/docker-run", argv("nanoclaw-v2-Family_Chat-1"));
        assertEquals(201, made.statusCode(), made.body());
        JsonNode session = Installation.json(made.body()).get("session");
        assertEquals("family", session.get("group").asText());

        String log = call("GET", SESSIONS + "nanoclaw-v2-Family_Chat-1/logs?follow", null)
                .body();

        assertTrue(log.contains("hosts true\ngreeting 200\nanswer 200\n"), log);
        assertTrue(log.contains("word-5 of 1000"), log);
        assertTrue(log.contains("message_stop"), log);
        assertTrue(log.endsWith("wrote hello agent\n"), log);
        await("end")
                .atMost(Applied.PATIENCE)
                .until(() -> installation()
                                .session("nanoclaw-v2-Family_Chat-1")
                                .path("exitCode")
                                .asInt(-1)
                        == 3);
        assertEquals(
                "written by uid 1000",
                Files.readString(host.resolve("data/v2-sessions/family/1769000000000/outbound.txt")));
        assertKeyIsNowhereAmongTheAgents(log);
        assertEquals(
                202,
                call("DELETE", SESSIONS + "nanoclaw-v2-Family_Chat-1", null).statusCode());
        JsonNode kept = archived("nanoclaw-v2-Family_Chat-1");
        assertEquals(3, kept.path("exitCode").asInt());
        assertEquals(2, kept.path("credentialCalls").path("allowed").asInt(), kept.toString());
        assertEquals(0, kept.path("credentialCalls").path("refused").asInt(), kept.toString());
        assertEquals(
                log,
                call("GET", ARCHIVE + "/" + kept.path("pod").path("uid").asText() + "/log", null)
                        .body());
        await("the pod's Secret goes with it")
                .atMost(Applied.PATIENCE)
                .until(() ->
                        client().secrets().inNamespace(AGENTS).list().getItems().isEmpty());
    }

    /** What is kept of a session once it is whole. */
    private static JsonNode archived(String key) {
        await("the archive has the end of " + key)
                .atMost(Applied.PATIENCE)
                .until(() -> record(key).path("log").path("complete").asBoolean());
        return record(key);
    }

    private static JsonNode record(String key) {
        return Installation.json(call("GET", ARCHIVE + "?key=" + key, null).body())
                .path("records")
                .path(0);
    }

    /** The calls of a host that knows only docker, in its order, by its own client. */
    @Test
    void aHostThatKnowsOnlyDockerRunsItsAgents(@TempDir Path config) throws IOException {
        Files.writeString(
                config.resolve("config.json"),
                "{\"HttpHeaders\":{\"Authorization\":\"Bearer " + Installation.CALLER_TOKEN + "\"}}");
        DockerCommand docker = new DockerCommand(
                "tcp://" + Installation.clusterIp(client(), Installation.NAMESPACE, "spawner") + ":2375", config);
        String name = "nanoclaw-v2-Docker_Chat-1";
        List<String> sweep = List.of("ps", "--filter", "label=nanoclaw-install=3f2a9c1e", "--format", "{{.Names}}");

        assertEquals(0, docker.run(List.of("info")).exitCode());
        assertFalse(docker.run(sweep).output().contains(name));
        DockerCommand.Result run = docker.run(argv(name));

        assertEquals(3, run.exitCode(), run::toString);
        assertTrue(run.output().contains("hosts true\ngreeting 200\nanswer 200\n"), run::toString);
        assertTrue(run.output().endsWith("wrote hello agent\n"), run::toString);
        assertFalse(docker.run(sweep).output().contains(name), "it was run with --rm");
        assertEquals(0, docker.run(argvDetached("nanoclaw-v2-Docker_Chat-2")).exitCode());
        assertTrue(docker.run(sweep).output().contains("nanoclaw-v2-Docker_Chat-2"));
        assertEquals(
                0,
                docker.run(List.of("stop", "-t", "1", "nanoclaw-v2-Docker_Chat-2"))
                        .exitCode());
        // Docker's stop waits for no longer than its grace and a moment; the kubelet may tell of the end later.
        await("what was stopped is listed no more").atMost(Applied.PATIENCE).until(() -> {
            DockerCommand.Result listed = docker.run(sweep);
            return listed.exitCode() == 0 && !listed.output().contains("nanoclaw-v2-Docker_Chat-2");
        });
        call("DELETE", SESSIONS + name, null);
        await("both are gone")
                .atMost(Applied.PATIENCE)
                .until(() ->
                        client().secrets().inNamespace(AGENTS).list().getItems().isEmpty());
    }

    /** One that goes on until it is stopped. */
    private static List<String> argvDetached(String name) {
        List<String> argv = argv(name, "ENDLESS=1");
        argv.add(1, "-d");
        return argv;
    }

    private static void assertKeyIsNowhereAmongTheAgents(String log) {
        String encoded = Base64.getEncoder().encodeToString(StandInApi.KEY.getBytes(StandardCharsets.UTF_8));
        List<String> places = new ArrayList<>(List.of(log));
        client().pods().inNamespace(AGENTS).list().getItems().forEach(pod -> places.add(pod.toString()));
        client().secrets().inNamespace(AGENTS).list().getItems().forEach(secret -> places.add(secret.toString()));
        client().configMaps().inNamespace(AGENTS).list().getItems().forEach(map -> places.add(map.toString()));
        assertTrue(places.size() > 3, "a pod, its Secret and the cluster's ConfigMap are looked through");
        for (String place : places) {
            assertFalse(
                    place.contains(StandInApi.KEY) || place.contains(encoded), "the key is where an agent can see it");
        }
    }

    @Test
    void aTokenIsWorthNothingElsewhereAndItsStreamsEndWithItsPod() {
        HttpResponse<String> made = call("POST", "/v1/docker-run", argv("nanoclaw-v2-Endless-1", "ENDLESS=1"));
        assertEquals(201, made.statusCode(), made.body());
        await("the stream")
                .atMost(Applied.PATIENCE)
                .until(() -> call("GET", SESSIONS + "nanoclaw-v2-Endless-1/logs?tail=5", null)
                        .body()
                        .contains("word-"));
        String token =
                tokenOf(Installation.json(made.body()).at("/session/pod/name").asText());

        assertEquals(401, askFromHere(token), "the address is not the pod's");
        assertEquals(401, askFromHere("sk-ant-of-somebody"));

        int cut = installation().api.cutStreams();
        assertEquals(
                202,
                call("DELETE", SESSIONS + "nanoclaw-v2-Endless-1?grace=PT20S", null)
                        .statusCode());
        // Well before the grace is over: it is the proxy that cuts, not the end of the process.
        await("the stream is cut")
                .atMost(Duration.ofSeconds(10))
                .until(() -> installation().api.cutStreams() == cut + 1);
        await("gone")
                .atMost(Applied.PATIENCE)
                .until(() -> installation()
                        .session("nanoclaw-v2-Endless-1")
                        .path("code")
                        .asText()
                        .equals("session-not-found"));
    }

    private static String tokenOf(String pod) {
        Pod live = client().pods().inNamespace(AGENTS).withName(pod).get();
        Secret secret = client().secrets().inNamespace(AGENTS).list().getItems().stream()
                .filter(found -> found.getMetadata().getOwnerReferences().stream()
                        .anyMatch(owner ->
                                owner.getUid().equals(live.getMetadata().getUid())))
                .findFirst()
                .orElseThrow();
        Map<String, String> data = secret.getData();
        return new String(Base64.getDecoder().decode(data.get("token")), StandardCharsets.UTF_8);
    }

    private static int askFromHere(String token) {
        String proxy = Installation.clusterIp(client(), Installation.NAMESPACE, "credential-proxy");
        return Http.send("POST", "http://" + proxy + ":3001/v1/messages", "{}", "x-api-key", token)
                .statusCode();
    }
}
