package io.clawpod.proxy.credential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.SecretText;
import io.vertx.core.MultiMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CredentialFilesTest {
    @TempDir
    Path folder;

    private String missing() {
        return assertInstanceOf(CredentialState.Missing.class, CredentialFiles.read(folder))
                .reason();
    }

    private void write(String file, String text) throws IOException {
        Files.writeString(folder.resolve(file), text);
    }

    @Test
    void oneFileIsTheCredentialWithoutItsLineEnd() throws IOException {
        write("api-key", "sk-ant-1\n");
        assertEquals(
                new CredentialState.Present(new Credential.ApiKey(SecretText.of("sk-ant-1"))),
                CredentialFiles.read(folder));
        Files.delete(folder.resolve("api-key"));
        write("oauth-token", " oat-1\r\n");
        assertEquals(
                new CredentialState.Present(new Credential.OauthToken(SecretText.of("oat-1"))),
                CredentialFiles.read(folder));
    }

    @Test
    void bothFilesOrNoneIsNoCredential() throws IOException {
        assertTrue(missing().contains(folder + " holds neither"));
        write("api-key", "a");
        write("oauth-token", "b");
        assertTrue(missing().contains(folder + " holds both"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "sk-secret with space", "sk-secret\nsecond", "sk-secret\u0000", "sk-secret-ü"})
    void aFileThatIsNoHeaderValueIsNamedAndNotQuoted(String text) throws IOException {
        write("api-key", text);
        assertTrue(missing().contains("api-key"), missing());
        assertFalse(missing().contains("secret"), missing());
    }

    @Test
    void aFileThatIsTooLongIsNotRead() throws IOException {
        write("api-key", "a".repeat(CredentialFiles.MAX_BYTES + 1));
        assertTrue(missing().contains("longer"));
    }

    @Test
    void aSecretSwappedByLinkIsSeen() throws IOException {
        // The kubelet's layout: api-key -> ..data/api-key, ..data -> a folder that is replaced as a whole.
        for (String version : List.of("v1", "v2")) {
            Files.createDirectory(folder.resolve(version));
            Files.writeString(folder.resolve(version).resolve("api-key"), "key-" + version);
        }
        Files.createSymbolicLink(folder.resolve("..data"), Path.of("v1"));
        Files.createSymbolicLink(folder.resolve("api-key"), Path.of("..data/api-key"));
        CredentialState before = CredentialFiles.read(folder);
        Files.delete(folder.resolve("..data"));
        Files.createSymbolicLink(folder.resolve("..data"), Path.of("v2"));
        assertEquals(new CredentialState.Present(new Credential.ApiKey(SecretText.of("key-v1"))), before);
        assertEquals(
                new CredentialState.Present(new Credential.ApiKey(SecretText.of("key-v2"))),
                CredentialFiles.read(folder));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a,b", "a, b,oauth-2025-04-20", ""})
    void anOauthTokenKeepsTheCallersBetas(String betas) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        if (!betas.isEmpty()) {
            headers.add("Anthropic-Beta", betas);
        }
        Credential credential = new Credential.OauthToken(SecretText.of("t"));
        credential.applyTo(headers);
        assertEquals("Bearer t", headers.get("authorization"));
        List<String> after = List.of(headers.get("anthropic-beta").split(", *", -1));
        assertEquals(1, after.stream().filter("oauth-2025-04-20"::equals).count());
        assertEquals(betas.isEmpty() ? 1 : 3, after.size());
        assertFalse(credential.toString().contains("=t"), credential.toString());
    }
}
