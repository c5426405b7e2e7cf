package io.clawpod.spawner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.clawpod.common.InstallSlug;
import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.cli.ExplainSettings;
import io.clawpod.spawner.session.Heartbeat;
import io.clawpod.spawner.session.Heartbeat.OnStale;
import io.smallrye.config.ConfigMapping;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CommandSettingsTest {
    @TempDir
    Path folder = Path.of("");

    // Applications that other tests have started in this process leave their settings among the system's properties.
    private final Map<String, String> others = new HashMap<>();

    @BeforeEach
    void putAway() {
        for (String name : System.getProperties().stringPropertyNames()) {
            if (name.startsWith("clawpod.")) {
                others.put(name, System.getProperty(name));
            }
        }
        others.keySet().forEach(System::clearProperty);
    }

    @AfterEach
    void putBack() {
        others.forEach(System::setProperty);
    }

    private Path file(String yaml) throws IOException {
        return Files.writeString(folder.resolve("application.yaml"), yaml);
    }

    @Test
    void aConfigurationOfTheServiceIsTaken() throws IOException {
        ExplainSettings settings = CommandSettings.read(file("""
                        config_ordinal: 275
                        quarkus:
                          shutdown:
                            delay: 5S
                        clawpod:
                          docker: {default-install: 3f2a9c1e, heartbeat-file: /w/../hb}
                          heartbeat: {max-age: PT5M, on-stale: end}
                          onecli: {ca-certificate-path: /ca.pem}
                          proxy: {address: 10.96.7.7}
                          pod: {termination-grace: 20s}
                          volumes:
                            rules:
                              - {host-prefix: /opt/nanoclaw, source: "pvc:nanoclaw/hosts/one"}
                        """));
        assertEquals(new InstallSlug("3f2a9c1e"), settings.defaultInstall());
        assertEquals(Heartbeat.ofFile("/hb"), settings.heartbeat());
        assertEquals(Duration.ofMinutes(5), settings.plan().life().heartbeatMaxAge());
        assertEquals(OnStale.END, settings.plan().life().onStale());
        assertEquals("10.96.7.7", settings.proxyAddress());
        assertEquals(Duration.ofSeconds(20), settings.plan().terminationGrace());
        assertEquals(List.of("/opt/nanoclaw"), settings.plan().volumes().prefixes());
    }

    @Test
    void aSystemPropertyWinsOverTheFile() throws IOException {
        System.setProperty("clawpod.cluster-domain", "corp.example");
        try {
            assertEquals(
                    "credential-proxy.gate.svc.corp.example",
                    CommandSettings.read(file("clawpod: {cluster-domain: other.example, proxy: {namespace: gate}}"))
                            .plan()
                            .proxyHost());
        } finally {
            System.clearProperty("clawpod.cluster-domain");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "clawpod: {pod: {retension: PT1H}}|clawpod.pod.retension",
                "clawpod: {proxy: {port: many}}|clawpod.proxy.port",
                "clawpod: {proxy: {port: 0}}|clawpod.proxy.port",
                "clawpod: {docker: {default-install: a/b}}|clawpod.docker.default-install",
                "clawpod: {docker: {heartbeat-file: .heartbeat}}|clawpod.docker.heartbeat-file is not an absolute path",
                "clawpod: {heartbeat: {max-age: P2D}}|clawpod.heartbeat.max-age",
                "clawpod: {onecli: {certificate: /ca.pem}}|clawpod.onecli.certificate",
                "clawpod: {volumes: {rules: [{host-prefix: /a, source: ftp}]}}|clawpod.volumes.rules[0]",
                "clawpod: [s3cret|application.yaml is not YAML at line 1, column",
                "- s3cret|application.yaml is no mapping",
                "s3cret|application.yaml is no mapping"
            })
    void whatIsWrongIsNamed(String yaml, String named) throws IOException {
        Path file = file(yaml);
        InvalidValue wrong = assertThrows(InvalidValue.class, () -> CommandSettings.read(file));
        String message = String.valueOf(wrong.getMessage());
        assertTrue(message.contains(named), message);
        assertFalse(message.contains("s3cret"), message);
    }

    @Test
    void aFileThatCannotBeReadIsNamed() {
        Path none = folder.resolve("none.yaml");
        assertEquals(
                none.toString(),
                assertThrows(InvalidValue.class, () -> CommandSettings.read(none))
                        .field());
    }

    /** One that were left out here would make its names unknown to the command, and known to the service. */
    @Test
    void allThatTheServiceMapsIsKnown() {
        Set<String> mapped = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests()).importPackages("io.clawpod.spawner").stream()
                        .filter(type -> type.isAnnotatedWith(ConfigMapping.class))
                        .map(JavaClass::getName)
                        .collect(Collectors.toSet());
        assertEquals(CommandSettings.MAPPINGS.stream().map(Class::getName).collect(Collectors.toSet()), mapped);
    }
}
