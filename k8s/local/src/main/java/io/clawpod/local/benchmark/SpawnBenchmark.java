package io.clawpod.local.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.clawpod.common.SecretText;
import io.clawpod.local.upstream.StubUpstream;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/** Start, memory and the cost of a spawn, against {@code kubectl run}; and the proxy's memory after a thousand calls. */
public final class SpawnBenchmark {
    private static final int SPAWNS = 100;
    private static final int FOLLOWED = 20;
    private static final int WARM_UP = 10;
    private static final int IDLE_SESSIONS = 400;
    private static final int WARM_UP_SESSIONS = 100;
    private static final int CALLS = 1000;
    private static final int PROMPT_BYTES = 100_000;
    static final List<String> SPAWNER_JVM = List.of(
            "-Xmx102m",
            "-XX:MaxDirectMemorySize=32m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:ReservedCodeCacheSize=48m",
            "-Xss512k");
    private static final List<String> PROXY_JVM = List.of(
            "-Xmx64m", "-XX:MaxDirectMemorySize=48m", "-XX:+UseSerialGC", "-XX:ReservedCodeCacheSize=48m", "-Xss512k");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final PrintStream out;
    private final KubernetesClient client;
    private final Bench bench;
    private final Path root;
    private final Path folder;
    private final String image =
            Objects.requireNonNullElse(System.getenv("CLAWPOD_TEST_AGENT_IMAGE"), "clawpod-test/agent:1");
    private final SecretText token = SecretText.of(UUID.randomUUID().toString());
    private final int spawnerPort = freePort();
    private final HttpClient http = HttpClient.newHttpClient();

    private SpawnBenchmark(PrintStream out, KubernetesClient client, Bench bench, Path root, Path folder)
            throws IOException {
        this.out = out;
        this.client = client;
        this.bench = bench;
        this.root = root;
        this.folder = folder;
    }

    /** @param args the project's folder */
    public static void main(String[] args) throws IOException, InterruptedException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        if (System.getenv("KUBECONFIG") == null) {
            out.println("KUBECONFIG names no cluster; the benchmark needs a real one that has the agent image.");
            System.exit(2);
        }
        Path folder = Files.createTempDirectory("clawpod-benchmark");
        try (KubernetesClient client = new KubernetesClientBuilder().build();
                Bench bench = new Bench(client)) {
            new SpawnBenchmark(out, client, bench, Path.of(args[0]), folder).run();
        }
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private void run() throws IOException, InterruptedException {
        Path tokens = folder.resolve("tokens");
        Files.writeString(tokens, "benchmark " + token.reveal());
        Map<String, String> env = Map.of(
                "CLAWPOD_AGENTS_NAMESPACE", bench.namespace(),
                "CLAWPOD_PROXY_NAMESPACE", bench.namespace(),
                "CLAWPOD_SIGNING_KEY_NAMESPACE", bench.namespace(),
                "CLAWPOD_REAP_NAMESPACE", bench.namespace(),
                "CLAWPOD_CALLERS_TOKEN_FILE", tokens.toString(),
                "QUARKUS_HTTP_HOST", "127.0.0.1",
                "QUARKUS_HTTP_PORT", Integer.toString(spawnerPort));
        URI ready = URI.create("http://127.0.0.1:" + spawnerPort + "/q/health/ready");
        Path jar = root.resolve("spawner/target/quarkus-app/quarkus-run.jar");
        try (MeasuredProcess spawner =
                MeasuredProcess.start(jar, SPAWNER_JVM, env, ready, folder.resolve("spawner.log"))) {
            say("spawner   start to ready        %8d ms", spawner.untilReady().toMillis());
            say("spawner   resident when ready   %8d MiB", spawner.residentKib() / 1024);
            spawns(spawner);
            long resident = spawner.residentKib() / 1024;
            say(
                    "spawner   resident after %d spawns %4d MiB   (bound 256: %s)",
                    SPAWNS, resident, verdict(resident < 256));
        }
        Map<String, String> unschedulable = new HashMap<>(env);
        // No node has a hundred thousand cores: these sessions wait, and cost the cluster nothing.
        unschedulable.put("CLAWPOD_POD_REQUEST_CPU_MILLIS", "100000000");
        try (MeasuredProcess spawner =
                MeasuredProcess.start(jar, SPAWNER_JVM, unschedulable, ready, folder.resolve("idle.log"))) {
            proxy(sessionMemory(spawner));
        }
    }

    /** One after the other, ours and theirs in turn, so that both meet the same cluster. */
    private void spawns(MeasuredProcess spawner) throws IOException, InterruptedException {
        Samples ours = new Samples();
        Samples theirs = new Samples();
        Samples oursEnd = new Samples();
        Samples theirsEnd = new Samples();
        double theirCpu = 0;
        double ourCpu = 0;
        for (int i = -WARM_UP; i < SPAWNS; i++) {
            String key = "spawn-" + (i + WARM_UP);
            double cpu = spawner.cpuSeconds();
            long begin = System.nanoTime();
            JsonNode session = put(key, Map.of("image", image, "command", List.of("true")));
            long answered = System.nanoTime();
            double spent = spawner.cpuSeconds() - cpu;
            String pod = session.at("/pod/name").asText();
            boolean followed = i < FOLLOWED;
            if (followed) {
                await(() -> hasEnded(pod));
            }
            long ended = System.nanoTime();
            KubectlRun kubectl = KubectlRun.run(bench.namespace(), "peer-" + (i + WARM_UP), image);
            if (followed) {
                await(() -> hasEnded(kubectl.pod()));
            }
            long peerEnded = System.nanoTime();
            if (i >= 0) {
                ours.add(answered - begin);
                ourCpu += spent;
                theirs.add(kubectl.nanos());
                theirCpu += kubectl.cpuSeconds();
                if (followed) {
                    oursEnd.add(ended - begin);
                    theirsEnd.add(peerEnded - kubectl.began());
                }
            }
        }
        say("spawn     ours, until answered  %s", ours);
        say("spawn     kubectl run           %s", theirs);
        say(
                "spawn     ratio ours/kubectl    p50 %8.2f      p99 %8.2f",
                ours.quantile(0.5) / theirs.quantile(0.5), ours.quantile(0.99) / theirs.quantile(0.99));
        say("spawn     ours, until ended     %s", oursEnd);
        say("spawn     kubectl, until ended  %s", theirsEnd);
        say(
                "spawn     CPU ours %.1f ms, kubectl %.1f ms, ratio %.2f",
                1000 * ourCpu / SPAWNS, 1000 * theirCpu / SPAWNS, ourCpu / theirCpu);
    }

    /** What a session that only waits costs the spawner, which is what every session costs it. */
    private String sessionMemory(MeasuredProcess spawner) throws IOException, InterruptedException {
        // The first ones also bring in code that all later ones share.
        idle(0, WARM_UP_SESSIONS);
        long before = spawner.liveHeapKib();
        String last = idle(WARM_UP_SESSIONS, WARM_UP_SESSIONS + IDLE_SESSIONS);
        double each = (spawner.liveHeapKib() - before) / (double) IDLE_SESSIONS;
        say("spawner   heap a session        %8.1f KiB   (bound 20: %s)", each, verdict(each < 20));
        return last;
    }

    private String idle(int from, int to) throws IOException, InterruptedException {
        String last = "";
        for (int i = from; i < to; i++) {
            last = put("idle-" + i, Map.of("image", image)).at("/pod/name").asText();
        }
        return last;
    }

    private void proxy(String pod) throws IOException, InterruptedException {
        SecretText key = SecretText.of("sk-ant-" + UUID.randomUUID());
        Path credential = Files.createDirectories(folder.resolve("credential"));
        Files.writeString(credential.resolve("api-key"), key.reveal());
        int port = freePort();
        int management = freePort();
        try (StubUpstream upstream = new StubUpstream(key, Duration.ZERO)) {
            Map<String, String> env = Map.of(
                    "CLAWPOD_AGENTS_NAMESPACE", bench.namespace(),
                    "CLAWPOD_IDENTITY_JWKS_URL", "http://127.0.0.1:" + spawnerPort + "/.well-known/jwks.json",
                    // The calls come from this process, not from the pod.
                    "CLAWPOD_IDENTITY_BIND_IP", "false",
                    "CLAWPOD_UPSTREAM_URL", upstream.url(),
                    "CLAWPOD_UPSTREAM_ALLOW_PRIVATE", "true",
                    "CLAWPOD_CREDENTIAL_DIRECTORY", credential.toString(),
                    "QUARKUS_HTTP_HOST", "127.0.0.1",
                    "QUARKUS_HTTP_PORT", Integer.toString(port),
                    "QUARKUS_MANAGEMENT_PORT", Integer.toString(management));
            Path jar = root.resolve("credential-proxy/target/quarkus-app/quarkus-run.jar");
            URI ready = URI.create("http://127.0.0.1:" + management + "/q/health/ready");
            try (MeasuredProcess proxy =
                    MeasuredProcess.start(jar, PROXY_JVM, env, ready, folder.resolve("proxy.log"))) {
                say("proxy     start to ready        %8d ms", proxy.untilReady().toMillis());
                say("proxy     resident when ready   %8d MiB", proxy.residentKib() / 1024);
                SecretText agent = tokenOf(pod);
                Samples calls = new Samples();
                for (int i = 0; i < CALLS; i++) {
                    long begin = System.nanoTime();
                    ask(port, agent);
                    calls.add(System.nanoTime() - begin);
                }
                long resident = proxy.residentKib() / 1024;
                say("proxy     a streamed call       %s", calls);
                say(
                        "proxy     resident after %d calls %4d MiB   (bound 256: %s)",
                        CALLS, resident, verdict(resident < 256));
            }
        }
    }

    private SecretText tokenOf(String pod) {
        Secret secret = client.secrets().inNamespace(bench.namespace()).list().getItems().stream()
                .filter(found -> found.getMetadata().getOwnerReferences().stream()
                        .anyMatch(owner -> owner.getName().equals(pod)))
                .findFirst()
                .orElseThrow();
        String encoded = Objects.requireNonNull(secret.getData().get("token"));
        return SecretText.of(new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8));
    }

    private void ask(int port, SecretText key) throws IOException, InterruptedException {
        String body = JSON.writeValueAsString(Map.of(
                "stream", true, "messages", List.of(Map.of("role", "user", "content", "x ".repeat(PROMPT_BYTES / 2)))));
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/messages"))
                .header("x-api-key", key.reveal())
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException("the proxy answered " + response.statusCode() + ": " + response.body());
        }
    }

    private JsonNode put(String key, Map<String, Object> spec) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + spawnerPort + "/v1/sessions/benchmark/" + key))
                .header("authorization", "Bearer " + token.reveal())
                .header("content-type", "application/json")
                .PUT(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(spec)))
                .build();
        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 201) {
            throw new IOException("the spawner answered " + response.statusCode() + ": " + response.body());
        }
        return JSON.readTree(response.body());
    }

    private boolean hasEnded(String pod) {
        String phase = client.pods()
                .inNamespace(bench.namespace())
                .withName(pod)
                .get()
                .getStatus()
                .getPhase();
        return phase.equals("Succeeded") || phase.equals("Failed");
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < 3000 && !condition.getAsBoolean(); i++) {
            Thread.sleep(20);
        }
    }

    private static String verdict(boolean held) {
        return held ? "held" : "MISSED";
    }

    private void say(String format, Object... values) {
        out.println(String.format(Locale.ROOT, format, values));
    }
}
