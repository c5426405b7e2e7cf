package io.clawpod.local.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.clawpod.common.SecretText;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Shows the main job end to end, and ends with 0 only when everything held. */
public final class Demo {
    private static final String PROMPT = "What should we cook for dinner on Friday?";

    private final Screen screen;
    private final Setting setting;
    private final List<String> failed = new ArrayList<>();

    private Demo(Screen screen, Setting setting) {
        this.screen = screen;
        this.setting = setting;
    }

    /** Reads {@code clawpod.root}, the project's folder, and {@code demo.keep} from the system properties. */
    public static void main(String[] args) throws IOException {
        long start = System.nanoTime();
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Screen screen = new Screen(out, Screen.onTerminal());
        String apiKey = System.getenv("ANTHROPIC_API_KEY");
        SecretText key = apiKey == null || apiKey.isBlank() ? null : SecretText.of(apiKey.strip());
        Setting setting = new Setting(key, PROMPT);
        Runtime.getRuntime().addShutdownHook(new Thread(setting::close, "stop-all"));
        int code = run(screen, setting, start);
        setting.close();
        System.exit(code);
    }

    private static int run(Screen screen, Setting setting, long start) {
        Demo demo = new Demo(screen, setting);
        try {
            demo.play();
            boolean good = demo.failed.isEmpty();
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            screen.end(
                    good,
                    (good ? "Everything held" : demo.failed.size() + " checks failed") + ", in "
                            + String.format("%.1f", took.toMillis() / 1000.0) + " s.");
            String keep = System.getProperty("demo.keep");
            if (keep != null && !keep.equals("false")) {
                demo.keep();
            }
            return good ? 0 : 1;
        } catch (ServiceProcess.Failure e) {
            if (setting.stopped()) {
                return 130;
            }
            screen.failure(String.valueOf(e.getMessage()));
            return 1;
        } catch (IOException e) {
            if (setting.stopped()) {
                return 130; // Ctrl-C; what breaks then is no news.
            }
            screen.failure("The demo broke off: " + e);
            return 1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 130;
        }
    }

    private void check(boolean holds, String what) {
        screen.check(holds, what);
        if (!holds) {
            failed.add(what);
        }
    }

    private void play() throws IOException, InterruptedException, ServiceProcess.Failure {
        screen.step("Embedded cluster, " + (setting.stub == null ? "the real Anthropic API" : "stub Anthropic API")
                + ", both services");
        screen.line("API server       " + setting.cluster.apiServerUrl() + "  (fabric8's mock, for trying and tests)");
        screen.line("upstream         " + setting.upstreamUrl);
        screen.line("spawner          http://127.0.0.1:" + setting.spawnerPort);
        screen.line("credential-proxy http://127.0.0.1:" + setting.proxyPort + "  (it alone has the key, from a file)");
        if (!setting.cluster.distinctPodAddresses()) {
            screen.line("This system gives pods no addresses of their own, so the proxy does not compare them.");
        }
        setting.startServices(Path.of(System.getProperty("clawpod.root", ".")).toAbsolutePath());
        screen.check(true, "both are ready");

        List<String> argv = setting.install.dockerRun();
        String root = setting.install.root().toString();
        screen.step("A NanoClaw v2.0.64 host starts an agent with `docker run`");
        screen.detail("<root> is " + root);
        Lines.of(argv, root).forEach(screen::line);

        SpawnerClient spawner =
                new SpawnerClient(setting.http, "http://127.0.0.1:" + setting.spawnerPort, setting.callerToken);
        JsonNode answer = spawner.dockerRun(argv);
        screen.step("POST /v1/docker-run turned it into a session");
        screen.line("session " + answer.at("/session/install").asText() + "/"
                + answer.at("/session/key").asText());
        for (String list : List.of("mapped", "changed", "refused")) {
            screen.line(list + ":" + (answer.at("/report/" + list).isEmpty() ? " nothing" : ""));
            answer.at("/report/" + list).forEach(entry -> screen.detail("  " + Lines.of(entry, root)));
        }
        JsonNode ref = answer.at("/session/pod");
        String namespace = ref.path("namespace").asText();
        String name = ref.path("name").asText();
        KeyHunt hunt = new KeyHunt(setting.realKey);
        Pod pod = setting.client
                .pods()
                .inNamespace(namespace)
                .withName(name)
                .waitUntilCondition(found -> found != null, 10, TimeUnit.SECONDS);
        String uid = pod.getMetadata().getUid();
        KeyHunt.Processes environments = hunt.new Processes(() -> setting.cluster.processes(uid));
        screen.step("The pod that the spawner made");
        PodText.lines(pod, root).forEach(screen::line);

        screen.step("The agent's output, live from GET /v1/sessions/.../logs?follow");
        StringBuilder log = new StringBuilder();
        String session = SpawnerClient.path(answer.path("session"));
        spawner.follow(session, piece -> {
            log.append(piece);
            screen.stream(piece);
        });
        screen.endStream();

        screen.step("Its end");
        JsonNode end = spawner.awaitEnd(session);
        KeyHunt.Findings processes = environments.stop();
        screen.line("state " + end.path("state").asText() + ", reason "
                + end.path("reason").asText() + ", exit code " + end.path("exitCode"));
        check(end.path("exitCode").asInt(-1) == 0, "the agent ended with 0");
        if (setting.stub != null) {
            check(log.toString().contains(PROMPT), "the answer came from the upstream");
            check(setting.stub.accepted() == 1, "the upstream saw the real key, on one message");
        }

        String token = token(pod);
        hunt(hunt, namespace, processes, log.toString());
        misuse(token);

        screen.step("The session is deleted");
        check(spawner.delete(session), "the pod is gone");
        check(
                setting.client
                        .secrets()
                        .inNamespace(namespace)
                        .list()
                        .getItems()
                        .isEmpty(),
                "and the Secret with its token");
    }

    /** The agent's key, which the demo reads as the cluster's administrator. */
    private @Nullable String token(Pod pod) {
        return pod.getSpec().getContainers().get(0).getEnv().stream()
                .filter(variable -> variable.getName().equals("ANTHROPIC_API_KEY") && variable.getValueFrom() != null)
                .map(variable -> variable.getValueFrom().getSecretKeyRef())
                .map(ref -> {
                    Secret secret = setting.client
                            .secrets()
                            .inNamespace(pod.getMetadata().getNamespace())
                            .withName(ref.getName())
                            .get();
                    byte[] bytes = Base64.getDecoder().decode(secret.getData().get(ref.getKey()));
                    return new String(bytes, StandardCharsets.UTF_8);
                })
                .findFirst()
                .orElse(null);
    }

    private void hunt(KeyHunt hunt, String namespace, KeyHunt.Findings processes, String log) throws IOException {
        screen.step("Where is the real key?");
        KubernetesSerialization yaml = new KubernetesSerialization();
        List<Pod> pods = setting.client.pods().inNamespace(namespace).list().getItems();
        check(
                pods.stream().noneMatch(found -> hunt.in(yaml.asJson(found))),
                "in no pod (" + pods.size() + " searched)");
        List<Secret> secrets =
                setting.client.secrets().inNamespace(namespace).list().getItems();
        boolean inSecrets = secrets.stream()
                .anyMatch(secret -> hunt.in(yaml.asJson(secret))
                        || secret.getData().values().stream()
                                .anyMatch(value -> hunt.in(Base64.getDecoder().decode(value))));
        check(!inSecrets, "in no Secret of " + namespace + " (" + secrets.size() + " searched)");
        if (Files.isDirectory(Path.of("/proc/self"))) {
            check(
                    processes.found().isEmpty() && processes.searched() > 0,
                    "in no environment or command line of its live processes (" + processes.searched() + " searched)");
        }
        check(!hunt.in(log) && !log.isEmpty(), "not in its log (" + log.length() + " characters)");
        KeyHunt.Findings install = hunt.files(setting.install.root());
        KeyHunt.Findings node = hunt.files(setting.cluster.folder().resolve("pods"));
        check(
                install.found().isEmpty() && node.found().isEmpty() && install.searched() > 0 && node.searched() > 0,
                "in no file of the agent (" + (install.searched() + node.searched()) + " searched)");
        check(
                Files.exists(setting.install.session().resolve("answer.txt"))
                        && Files.exists(setting.install.session().resolve(".heartbeat")),
                "the agent's own files are where the host looks for them");
        check(
                hunt.files(setting.credentials).found().size() == 1,
                "the search finds it in the proxy's credential file");
    }

    /** What a thief could do with what the agent had. */
    private void misuse(@Nullable String token) throws IOException, InterruptedException {
        screen.step("What is the agent's own key worth?");
        if (token == null) {
            check(false, "the agent has a key of its own");
            return;
        }
        if (setting.stub != null) {
            check(post(setting.upstreamUrl, token) == 401, "straight to the upstream: 401");
        }
        int status = post("http://127.0.0.1:" + setting.proxyPort, token);
        check(status == 401, "to the proxy, from outside and after the pod's end: " + status);
    }

    private int post(String base, String key) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(base + "/v1/messages"))
                .header("x-api-key", key)
                .header("Content-Type", "application/json")
                .timeout(Duration.ofSeconds(10))
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"))
                .build();
        return setting.http
                .send(request, HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    private void keep() throws InterruptedException {
        String url = "http://127.0.0.1:" + setting.spawnerPort;
        screen.step("Everything keeps running until Ctrl-C");
        screen.line("export TOKEN=$(cut -d' ' -f2 " + setting.tokenFile + ")");
        screen.line("curl -H \"Authorization: Bearer $TOKEN\" " + url + "/v1/sessions");
        screen.line("kubectl --server " + setting.cluster.apiServerUrl() + " get pods -n " + Manifests.AGENTS);
        screen.line("logs of the services: " + setting.cluster.folder().resolve("services"));
        new CountDownLatch(1).await();
    }
}
