package io.clawpod.spawner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.clawpod.spawner.testing.DockerCli;
import io.clawpod.spawner.testing.ShellCases;
import io.clawpod.spawner.testing.ShellCases.Case;
import io.clawpod.spawner.testing.SpawnerProcess;
import io.clawpod.spawner.testing.TestNamespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Docker's command line with client certificates over TLS, and through a unix socket. */
class DockerTlsIT {
    private static final String CERTIFICATES = """
            set -e
            ca() {
              openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj "/CN=$1" -keyout "$1-key.pem" -out "$1.pem"
            }
            signed() { # CA, name, use
              openssl req -newkey rsa:2048 -nodes -subj "/CN=$2" -keyout "$2-key.pem" -out "$2.csr"
              printf 'subjectAltName=IP:127.0.0.1\\nextendedKeyUsage=%s\\n' "$3" >"$2.ext"
              openssl x509 -req -days 1 -in "$2.csr" -CA "$1.pem" -CAkey "$1-key.pem" -CAcreateserial \\
                -extfile "$2.ext" -out "$2.pem"
            }
            client() { # its name, its CA
              mkdir "$1"
              cp ca.pem "$1/ca.pem"
              cp "$2-client.pem" "$1/cert.pem"
              cp "$2-client-key.pem" "$1/key.pem"
            }
            ca ca
            ca other
            signed ca server serverAuth
            signed ca ca-client clientAuth
            signed other other-client clientAuth
            client known ca
            client unknown other
            mkdir nobody
            cp ca.pem nobody/ca.pem
            """;

    @TempDir
    private static @Nullable Path folder;

    private static @Nullable TestNamespace namespace;
    private static @Nullable SpawnerProcess process;
    private static String tcp = "";
    private static String unix = "";

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        assumeTrue(TestNamespace.isClusterNamed(), "KUBECONFIG names no cluster to test against");
        DockerCli.require("docker", "python3", "curl", "openssl");
        certificates();
        TestNamespace made = new TestNamespace("dockertls");
        namespace = made;
        tcp = "tcp://127.0.0.1:" + SpawnerProcess.freePort();
        unix = "unix://" + folder().resolve("engine.sock");
        // Variables cannot tell the parts of these names.
        Path settings = Files.writeString(
                folder().resolve("tls.properties"),
                "quarkus.tls.docker.key-store.pem.0.cert=" + file("server.pem") + "\n"
                        + "quarkus.tls.docker.key-store.pem.0.key=" + file("server-key.pem") + "\n"
                        + "quarkus.tls.docker.trust-store.pem.certs=" + file("ca.pem") + "\n");
        process = SpawnerProcess.start(
                        made.settings(),
                        Map.of(
                                "QUARKUS_CONFIG_LOCATIONS", settings.toString(),
                                "CLAWPOD_DOCKER_ENGINE_LISTEN", tcp + "," + unix,
                                "CLAWPOD_DOCKER_ENGINE_TLS_CONFIGURATION", "docker",
                                "CLAWPOD_DOCKER_DEFAULT_INSTALL", "cli",
                                "CLAWPOD_POD_TERMINATION_GRACE", "PT2S"))
                .awaitReady();
    }

    private static void certificates() throws IOException, InterruptedException {
        Path log = folder().resolve("openssl.log");
        Process openssl = new ProcessBuilder("bash", "-c", CERTIFICATES)
                .directory(folder().toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        if (!openssl.waitFor(1, TimeUnit.MINUTES) || openssl.exitValue() != 0) {
            openssl.destroyForcibly();
            throw new AssertionError("no certificates: " + Files.readString(log));
        }
    }

    private static Path folder() {
        return Objects.requireNonNull(folder);
    }

    private static String file(String name) {
        return folder().resolve(name).toString();
    }

    @AfterAll
    static void stop() {
        if (process != null) {
            process.close();
        }
        if (namespace != null) {
            namespace.close();
        }
    }

    static List<Case> overTls() {
        return ShellCases.of("docker-cli-tls.yaml");
    }

    static List<Case> throughTheSocket() {
        return ShellCases.of("docker-cli-unix.yaml");
    }

    @ParameterizedTest
    @MethodSource
    void overTls(Case asked) {
        Map<String, String> environment = new HashMap<>(DockerCli.environment(tcp, folder()));
        // A certificate is enough.
        environment.put("DOCKER_CONFIG", file("no-configuration"));
        environment.put("DOCKER_TLS_VERIFY", "1");
        environment.put("CERTIFICATES", folder().toString());
        environment.put("DOCKER_CERT_PATH", file("known"));
        hold(asked, environment);
    }

    @ParameterizedTest
    @MethodSource
    void throughTheSocket(Case asked) {
        hold(asked, DockerCli.environment(unix, folder()));
    }

    private static void hold(Case asked, Map<String, String> environment) {
        List<String> faults = ShellCases.faults(
                asked, "", environment, folder().resolve("work").resolve(asked.name()));
        assertEquals(0, faults.size(), () -> String.join("\n", faults));
    }
}
