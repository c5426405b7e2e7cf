package io.clawpod.local.demo;

import io.clawpod.common.SecretText;
import io.clawpod.local.EmbeddedCluster;
import io.clawpod.local.agent.DemoAgent;
import io.clawpod.local.upstream.StubUpstream;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Everything that runs during the demo, and its end. */
final class Setting implements AutoCloseable {
    private static final String ANTHROPIC = "https://api.anthropic.com";
    private static final Duration STUB_PAUSE = Duration.ofMillis(60);

    private final Deque<AutoCloseable> running = new ArrayDeque<>();
    private volatile boolean closed;

    final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    final EmbeddedCluster cluster;
    final KubernetesClient client;
    final Install install;
    final Path tokenFile;
    final SecretText callerToken;
    final SecretText realKey;
    final @Nullable StubUpstream stub;
    final String upstreamUrl;
    final int spawnerPort;
    final int proxyPort;
    final int proxyManagementPort;
    final Path credentials;

    /**
     * Starts the cluster and the upstream.
     *
     * @param apiKey a key of the real API; null for the stub and a key of its own
     */
    Setting(@Nullable SecretText apiKey, String prompt) throws IOException {
        cluster = EmbeddedCluster.start();
        running.push(cluster);
        Path folder = cluster.folder();
        install = Install.create(folder.toRealPath().resolve("nanoclaw"), prompt);
        cluster.registerImage(install.image(), Install.image(folder.resolve("image"), DemoAgent.class, classes()));
        realKey = apiKey != null ? apiKey : SecretText.of("sk-ant-demo-" + random());
        if (apiKey == null) {
            stub = new StubUpstream(realKey, STUB_PAUSE);
            running.push(stub);
            upstreamUrl = stub.url();
        } else {
            stub = null;
            upstreamUrl = ANTHROPIC;
        }
        credentials = Files.createDirectories(folder.resolve("credentials"));
        secretFile(credentials.resolve("api-key"), realKey.reveal());
        callerToken = SecretText.of(random());
        tokenFile = folder.resolve("callers");
        secretFile(tokenFile, "demo " + callerToken.reveal() + "\n");
        spawnerPort = freePort();
        proxyPort = freePort();
        proxyManagementPort = freePort();
        client = new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(Config.empty())
                        .withMasterUrl(cluster.apiServerUrl())
                        .build())
                .build();
        running.push(client);
        Manifests.apply(client, spawnerPort, proxyPort);
    }

    private static void secretFile(Path file, String text) throws IOException {
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, text);
    }

    private static String random() {
        byte[] bytes = new byte[24];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static Path classes() {
        try {
            return Path.of(DemoAgent.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Starts both services and waits until they are ready. */
    void startServices(Path project) throws IOException, InterruptedException, ServiceProcess.Failure {
        ServiceProcess spawner = service(
                "spawner",
                project,
                "http://127.0.0.1:" + spawnerPort,
                Map.of(
                        "quarkus.http.port", String.valueOf(spawnerPort),
                        "clawpod.agents.namespace", Manifests.AGENTS,
                        "clawpod.callers.token-file", tokenFile.toString(),
                        "clawpod.volumes.rules[0].host-prefix", install.root().toString(),
                        "clawpod.volumes.rules[0].source", "hostPath"));
        ServiceProcess proxy = service(
                "credential-proxy",
                project,
                "http://127.0.0.1:" + proxyManagementPort,
                Map.of(
                        "quarkus.http.port", String.valueOf(proxyPort),
                        "quarkus.management.host", "127.0.0.1",
                        "quarkus.management.port", String.valueOf(proxyManagementPort),
                        "clawpod.agents.namespace", Manifests.AGENTS,
                        "clawpod.identity.jwks-url", "http://127.0.0.1:" + spawnerPort + "/.well-known/jwks.json",
                        "clawpod.identity.bind-ip", String.valueOf(cluster.distinctPodAddresses()),
                        "clawpod.upstream.url", upstreamUrl,
                        "clawpod.upstream.allow-private", String.valueOf(stub != null),
                        "clawpod.credential.directory", credentials.toString()));
        spawner.awaitReady(http);
        proxy.awaitReady(http);
    }

    private ServiceProcess service(String name, Path project, String healthUrl, Map<String, String> config)
            throws IOException, ServiceProcess.Failure {
        Map<String, String> all = new LinkedHashMap<>(Map.of(
                "quarkus.http.host",
                "127.0.0.1",
                "quarkus.kubernetes-client.api-server-url",
                cluster.apiServerUrl(),
                "quarkus.kubernetes-client.namespace",
                Manifests.SYSTEM));
        all.putAll(config);
        ServiceProcess service = new ServiceProcess(
                name,
                cluster.guard(),
                project.resolve(name).resolve("target/quarkus-app/quarkus-run.jar"),
                all,
                cluster.folder().resolve("services"),
                URI.create(healthUrl + "/q/health/ready"));
        push(service);
        return service;
    }

    /** A service that comes up while all is being stopped is stopped at once. */
    private synchronized void push(ServiceProcess service) {
        if (closed) {
            service.close();
        } else {
            running.push(service);
        }
    }

    /** Whether everything is being stopped. */
    boolean stopped() {
        return closed;
    }

    /** Stops everything, the last first; a second call does nothing. */
    @Override
    public synchronized void close() {
        closed = true;
        while (!running.isEmpty()) {
            try {
                running.pop().close();
            } catch (Exception e) {
                // The rest must stop all the same; the guard kills what this one leaves.
                System.err.println("while stopping: " + e);
            }
        }
    }
}
