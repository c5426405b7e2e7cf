package io.clawpod.manifests;

import static io.clawpod.manifests.Installation.NAMESPACE;
import static io.clawpod.manifests.Installation.SESSIONS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the components add, run on the real cluster: sessions do with them what they are for. */
final class ComponentsIT {
    private static final String FOLDER = "/opt/nanoclaw";

    @Test
    void aNodesFolderIsGivenToAgentsByTwoOfEachService(@TempDir Path host) throws IOException {
        Path session = made(host);
        Manifests manifests = Manifests.with("hostpath", "chown", "two-replicas", "open-egress");
        manifests
                .all(PersistentVolume.class)
                .forEach(volume -> volume.getSpec().getHostPath().setPath(host.toString()));
        // The host's name for its folder stays; only where the node has it is the test's.
        try (Installation installation = Installation.of(manifests)) {
            label(installation, "true");
            try {
                installation.awaitReady("spawner", "credential-proxy");
                List<String> argv = List.of(
                        "run",
                        "--rm",
                        "--name",
                        "folders",
                        "--label",
                        "nanoclaw-install=3f2a9c1e",
                        "-v",
                        FOLDER + "/data/v2-sessions/family/1:/workspace",
                        "--entrypoint",
                        "bash",
                        Script.IMAGE,
                        "-c",
                        "id -u; cat /workspace/inbound.txt; echo written > /workspace/outbound.txt");
                HttpResponse<String> made = installation.spawner("POST", "/v1/docker-run", argv);
                assertEquals(201, made.statusCode(), made.body());
                awaitEnd(installation, "folders");

                assertEquals("1000\nhello agent\n", log(installation, "folders"));
                assertEquals("written\n", Files.readString(session.resolve("outbound.txt")));
                assertEquals(1000, Files.getAttribute(session, "unix:uid"));
                awaitBothTell(installation, "spawner", 8080, "clawpod_sessions{state=\"ended\"} 1.0");
                awaitBothTell(installation, "credential-proxy", 9000, "clawpod_proxy_ready 1.0");
            } finally {
                label(installation, null);
            }
        }
    }

    /** Each replica has a watch of its own, and what one has seen the other may see a little later. */
    private static void awaitBothTell(Installation installation, String service, int port, String metric) {
        await("each " + service + " tells " + metric).atMost(Applied.PATIENCE).untilAsserted(() -> {
            List<Pod> pods = pods(installation, service);
            assertEquals(2, pods.size());
            for (Pod pod : pods) {
                String address = pod.getStatus().getPodIP();
                String told = Http.get("http://" + address + ":" + port + "/q/metrics")
                        .body();
                assertTrue(told.contains(metric), address);
            }
        });
    }

    /** A session's folder as a host makes it that runs as root. */
    private static Path made(Path host) throws IOException {
        Path session = Files.createDirectories(host.resolve("data/v2-sessions/family/1"));
        assumeTrue(Files.getAttribute(session, "unix:uid").equals(0), "only root makes folders as root does");
        Files.writeString(session.resolve("inbound.txt"), "hello agent\n");
        Files.setPosixFilePermissions(host, PosixFilePermissions.fromString("rwxr-xr-x"));
        return session;
    }

    /** Says which node has the folder, as the component asks for. */
    private static void label(Installation installation, @Nullable String value) {
        String node = installation
                .client
                .nodes()
                .list()
                .getItems()
                .get(0)
                .getMetadata()
                .getName();
        installation
                .client
                .nodes()
                .withName(node)
                .edit(live -> new NodeBuilder(live)
                        .editMetadata()
                        .removeFromLabels("clawpod.io/session-folders")
                        .addToLabels(value == null ? Map.of() : Map.of("clawpod.io/session-folders", value))
                        .endMetadata()
                        .build());
    }

    @Test
    void wherePodsReachNoServiceAgentsReachTheProxyOnTheirNode() {
        try (Installation installation = Installation.of(Manifests.with("host-network"))) {
            // A pod on its node's network asks the node's DNS, which knows no Service.
            installation
                    .deployment("credential-proxy")
                    .edit(live -> with(
                            live,
                            Map.of(
                                    "CLAWPOD_UPSTREAM_URL",
                                    "http://" + installation.api.address() + ":8080",
                                    "CLAWPOD_UPSTREAM_ALLOW_PRIVATE",
                                    "true")));
            installation.awaitReady("spawner", "credential-proxy");
            String spawner =
                    "http://" + pods(installation, "spawner").get(0).getStatus().getHostIP() + ":8080";
            List<String> calls = new ArrayList<>();
            for (String base : List.of("$ANTHROPIC_BASE_URL", "http://host.docker.internal:3001")) {
                calls.add("curl -sS -m 20 -o /dev/null -w '%{http_code} ' -X POST -d '{}'"
                        + " -H \"x-api-key: $ANTHROPIC_API_KEY\" " + base + "/v1/messages");
            }
            calls.add("curl -sS -m 20 -o /dev/null -w '%{http_code}' -H 'x-api-key: nothing' $ANTHROPIC_BASE_URL/");
            HttpResponse<String> made = installation.call(
                    spawner,
                    "PUT",
                    SESSIONS + "near",
                    Map.of(
                            "image",
                            Script.IMAGE,
                            "command",
                            List.of("bash", "-c", String.join(" && ", calls) + "; echo")));
            assertEquals(201, made.statusCode(), made.body());
            await("end")
                    .atMost(Applied.PATIENCE)
                    .until(() -> Installation.json(installation
                                    .call(spawner, "GET", SESSIONS + "near", null)
                                    .body())
                            .path("state")
                            .asText()
                            .equals("ended"));

            assertEquals(
                    "200 200 401\n",
                    installation
                            .call(spawner, "GET", SESSIONS + "near/logs", null)
                            .body());
        }
    }

    private static Deployment with(Deployment live, Map<String, String> variables) {
        Installation.set(live, variables);
        return live;
    }

    private static List<Pod> pods(Installation installation, String service) {
        return installation
                .client
                .pods()
                .inNamespace(NAMESPACE)
                .withLabel("app.kubernetes.io/name", service)
                .list()
                .getItems()
                .stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .toList();
    }

    private static void awaitEnd(Installation installation, String key) {
        await(key + " ends").atMost(Applied.PATIENCE).until(() -> {
            JsonNode session = installation.session(key);
            return session.path("state").asText().equals("ended");
        });
        assertEquals(0, installation.session(key).path("exitCode").asInt(-1), () -> log(installation, key));
    }

    private static String log(Installation installation, String key) {
        return installation.spawner("GET", SESSIONS + key + "/logs", null).body();
    }
}
