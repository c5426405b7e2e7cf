package io.clawpod.spawner.onecli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.InvalidValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ContainerConfigTest {
    private static final Path CASES = Path.of("src", "test", "resources", "onecli");
    private static final String PROXY = "http://credential-proxy.clawpod.svc.cluster.local:3001";

    @TempDir
    Path folder = Path.of("");

    private record Set(Optional<Path> caCertificate, String caCertificatePath) implements OneCliSettings {}

    private static ContainerConfig config(@Nullable Path certificate, String path) {
        return ContainerConfig.of(PROXY, new Set(Optional.ofNullable(certificate), path));
    }

    private static String fault(Path certificate) {
        InvalidValue wrong = assertThrows(InvalidValue.class, () -> config(certificate, "/ca.pem"));
        assertEquals("clawpod.onecli.ca-certificate", wrong.field());
        assertFalse(wrong.remedy().isBlank());
        return wrong.fault();
    }

    @Test
    void withoutACertificateTheSdkStillGetsItsTwoTexts() {
        ContainerConfig config = config(null, "/tmp/onecli-gateway-ca.pem");
        assertEquals(Map.of("ANTHROPIC_BASE_URL", PROXY, "ANTHROPIC_API_KEY", "placeholder"), config.env());
        assertEquals("", config.caCertificate());
        assertEquals("/tmp/onecli-gateway-ca.pem", config.caCertificateContainerPath());
    }

    @Test
    void aConfiguredCertificateIsHandedOutAndNodeIsTold() throws IOException {
        ContainerConfig config = config(CASES.resolve("ca.pem"), "/etc/ssl/../agents-ca.pem");
        assertEquals(Files.readString(CASES.resolve("ca.pem")), config.caCertificate());
        assertEquals("/etc/agents-ca.pem", config.caCertificateContainerPath());
        assertEquals("/etc/agents-ca.pem", config.env().get("NODE_EXTRA_CA_CERTS"));
    }

    @Test
    void nothingButTheCertificatesLeavesTheFile() throws IOException {
        String ca = Files.readString(CASES.resolve("ca.pem"));
        Path file = Files.writeString(folder.resolve("noted.pem"), "# bought by alice\n" + ca + "\n" + ca);
        assertEquals(ca + ca, config(file, "/ca.pem").caCertificate());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "hello|holds no certificate",
                "-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----\\n|holds a broken certificate",
                "-----BEGIN EC PRIVATE KEY-----\\nAAAA\\n-----END EC PRIVATE KEY-----\\n|holds a private key"
            })
    void aFileThatHoldsSomethingElseIsRefused(String text, String fault) throws IOException {
        Path file = Files.writeString(folder.resolve("wrong.pem"), text.replace("\\n", "\n"));
        assertEquals(fault, fault(file));
    }

    @Test
    void aPrivateKeyBesideTheCertificateIsRefused() throws IOException {
        String ca = Files.readString(CASES.resolve("ca.pem"));
        Path file = Files.writeString(
                folder.resolve("pair.pem"), ca + "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        assertEquals("holds a private key", fault(file));
    }

    @Test
    void aCertificateOfNoAuthorityIsRefused() {
        assertEquals("holds a certificate of no authority, number 1", fault(CASES.resolve("leaf.pem")));
    }

    @Test
    void aFileThatIsMissingOrTooLargeIsRefused() throws IOException {
        assertTrue(fault(folder.resolve("none")).startsWith("cannot be read"));
        assertTrue(fault(folder).startsWith("cannot be read") || fault(folder).startsWith("holds no"));
        byte[] large = "a".repeat(CaCertificates.MAX_BYTES + 1).getBytes(StandardCharsets.UTF_8);
        assertEquals("is too large", fault(Files.write(folder.resolve("large.pem"), large)));
    }

    @ParameterizedTest
    @CsvSource({"tmp/ca.pem", "/", "/../ca.pem", "''"})
    void aPathThatIsNoFileInTheContainerIsRefused(String path) {
        InvalidValue wrong = assertThrows(InvalidValue.class, () -> config(null, path));
        assertEquals("clawpod.onecli.ca-certificate-path", wrong.field());
    }
}
