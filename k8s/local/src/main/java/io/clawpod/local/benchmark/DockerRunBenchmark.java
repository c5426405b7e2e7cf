package io.clawpod.local.benchmark;

import io.clawpod.common.SecretText;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/**
 * {@code docker run --rm IMAGE true} through the spawner's Docker Engine API, beside {@code kubectl run --rm --attach}. Both wait
 * for the same scheduler and the same kubelet; what is left is their own.
 */
public final class DockerRunBenchmark {
    private static final int RUNS = 200;
    private static final int WARM_UP = 10;

    private final PrintStream out;
    private final Bench bench;
    private final PodTimes pods;
    private final Map<String, String> docker;
    private final String image;

    private final Series ours = new Series("docker run");
    private final Series theirs = new Series("kubectl run");

    private DockerRunBenchmark(PrintStream out, Bench bench, PodTimes pods, Map<String, String> docker, String image) {
        this.out = out;
        this.bench = bench;
        this.pods = pods;
        this.docker = docker;
        this.image = image;
    }

    /** @param args the project's folder; then, if not {@value #RUNS}, how many runs */
    public static void main(String[] args) throws IOException, InterruptedException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        if (System.getenv("KUBECONFIG") == null) {
            out.println("KUBECONFIG names no cluster; the benchmark needs a real one that has the agent image.");
            System.exit(2);
        }
        String image = Objects.requireNonNullElse(System.getenv("CLAWPOD_TEST_AGENT_IMAGE"), "clawpod-test/agent:1");
        int runs = args.length > 1 ? Integer.parseInt(args[1]) : RUNS;
        Path folder = Files.createTempDirectory("clawpod-benchmark");
        SecretText token = SecretText.of(UUID.randomUUID().toString());
        Files.writeString(folder.resolve("tokens"), "benchmark " + token.reveal());
        Files.writeString(
                folder.resolve("config.json"),
                "{\"HttpHeaders\":{\"Authorization\":\"Bearer " + token.reveal() + "\"}}");
        int port = SpawnBenchmark.freePort();
        int engine = SpawnBenchmark.freePort();
        try (KubernetesClient client = new KubernetesClientBuilder().build();
                Bench bench = new Bench(client);
                PodTimes pods = new PodTimes(client, bench.namespace());
                MeasuredProcess spawner = MeasuredProcess.start(
                        Path.of(args[0]).resolve("spawner/target/quarkus-app/quarkus-run.jar"),
                        SpawnBenchmark.SPAWNER_JVM,
                        Map.of(
                                "CLAWPOD_AGENTS_NAMESPACE", bench.namespace(),
                                "CLAWPOD_PROXY_NAMESPACE", bench.namespace(),
                                "CLAWPOD_SIGNING_KEY_NAMESPACE", bench.namespace(),
                                "CLAWPOD_REAP_NAMESPACE", bench.namespace(),
                                "CLAWPOD_CALLERS_TOKEN_FILE",
                                        folder.resolve("tokens").toString(),
                                "CLAWPOD_DOCKER_ENGINE_LISTEN", "tcp://127.0.0.1:" + engine,
                                "CLAWPOD_DOCKER_DEFAULT_INSTALL", "benchmark",
                                "QUARKUS_HTTP_HOST", "127.0.0.1",
                                "QUARKUS_HTTP_PORT", Integer.toString(port)),
                        URI.create("http://127.0.0.1:" + port + "/q/health/ready"),
                        folder.resolve("spawner.log"))) {
            Map<String, String> docker =
                    Map.of("DOCKER_HOST", "tcp://127.0.0.1:" + engine, "DOCKER_CONFIG", folder.toString());
            DockerRunBenchmark benchmark = new DockerRunBenchmark(out, bench, pods, docker, image);
            benchmark.run(runs, spawner);
        }
    }

    /** Ours and theirs in turn, so that both meet the same cluster. */
    private void run(int runs, MeasuredProcess spawner) throws IOException, InterruptedException {
        double spawnerCpu = 0;
        for (int i = -WARM_UP; i < runs; i++) {
            String our = "ours" + (i + WARM_UP);
            String their = "theirs" + (i + WARM_UP);
            double before = spawner.cpuSeconds();
            TimedCommand dockerRun =
                    TimedCommand.run(docker, List.of("docker", "run", "--rm", "--name", our, image, "true"));
            double spent = spawner.cpuSeconds() - before;
            TimedCommand kubectlRun = TimedCommand.run(
                    Map.of(),
                    List.of(
                            "kubectl",
                            "run",
                            their,
                            "--rm",
                            "--attach",
                            "--quiet",
                            "-n",
                            bench.namespace(),
                            "--image=" + image,
                            "--restart=Never",
                            "--overrides=" + KubectlRun.OVERRIDES.formatted(image)));
            if (i >= 0) {
                spawnerCpu += spent;
                ours.add(dockerRun, pods.of(our + "-"));
                theirs.add(kubectlRun, pods.of(their));
            }
        }
        ours.print();
        theirs.print();
        double ourCpu = ours.cpuSeconds + spawnerCpu;
        say(
                "ratio        in all %.2f   own part %.2f   CPU %.2f",
                ours.all.quantile(0.5) / theirs.all.quantile(0.5),
                ours.own.quantile(0.5) / theirs.own.quantile(0.5),
                ourCpu / theirs.cpuSeconds);
        say(
                "CPU a run    docker %.1f ms + spawner %.1f ms, kubectl %.1f ms",
                1000 * ours.cpuSeconds / runs, 1000 * spawnerCpu / runs, 1000 * theirs.cpuSeconds / runs);
        say("spawner      resident after %d runs %d MiB", runs, spawner.residentKib() / 1024);
    }

    /** One way of running, many times. */
    private final class Series {
        private final String name;
        private final Samples all = new Samples();
        private final Samples own = new Samples();
        private final Samples scheduler = new Samples();
        private final Samples kubelet = new Samples();
        private double cpuSeconds;

        Series(String name) {
            this.name = name;
        }

        void add(TimedCommand command, PodTimes.Times times) {
            all.add(command.nanos());
            scheduler.add(times.scheduler());
            kubelet.add(times.kubelet());
            own.add(command.nanos() - times.scheduler() - times.kubelet());
            cpuSeconds += command.cpuSeconds();
        }

        void print() {
            say("%-12s in all        %s", name, all);
            say("%-12s   own          %s", "", own);
            say("%-12s   scheduler    %s", "", scheduler);
            say("%-12s   kubelet      %s", "", kubelet);
        }
    }

    private void say(String format, Object... values) {
        out.println(String.format(Locale.ROOT, format, values));
    }
}
