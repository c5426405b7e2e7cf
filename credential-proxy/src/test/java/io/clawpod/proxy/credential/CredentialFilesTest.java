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

    private CredentialState read(CredentialSpec spec) {
        return CredentialFiles.read(spec);
    }

    private CredentialSpec anthropic() {
        return new CredentialSpec.Anthropic("anthropic", folder);
    }

    private String missing(CredentialSpec spec) {
        return assertInstanceOf(CredentialState.Missing.class, read(spec)).reason();
    }

    private Credential present(CredentialSpec spec) {
        return assertInstanceOf(CredentialState.Present.class, read(spec)).credential();
    }

    private void write(String file, String text) throws IOException {
        Files.writeString(folder.resolve(file), text);
    }

    private static List<String> headers(Credential credential, String... before) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        for (int i = 0; i < before.length; i += 2) {
            headers.add(before[i], before[i + 1]);
        }
        credential.applyTo(headers);
        return headers.entries().stream()
                .map(each -> each.getKey() + ": " + each.getValue())
                .toList();
    }

    @Test
    void anthropicsIsAKeyOrATokenWithoutItsLineEnd() throws IOException {
        write("api-key", "sk-ant-1\n");
        Credential key = present(anthropic());
        assertEquals("anthropic", key.name());
        assertEquals(List.of("x-api-key: sk-ant-1"), headers(key));
        assertEquals(List.of(SecretText.of("sk-ant-1")), key.secrets());
        Files.delete(folder.resolve("api-key"));
        write("oauth-token", " oat-1\r\n");
        Credential token = present(anthropic());
        assertEquals(List.of("authorization: Bearer oat-1", "anthropic-beta: oauth-2025-04-20"), headers(token));
        assertEquals(List.of(SecretText.of("oat-1")), token.secrets());
    }

    @Test
    void bothFilesOrNoneIsNoCredential() throws IOException {
        assertTrue(missing(anthropic()).contains(folder + " holds neither"));
        write("api-key", "a");
        write("oauth-token", "b");
        assertTrue(missing(anthropic()).contains(folder + " holds both"));
    }

    @Test
    void aTemplateHoldsTheSecretAndReplacesWhateverLooksLikeItsHeader() throws IOException {
        CredentialSpec spec = new CredentialSpec.Header("h", folder, "secret", "X-Custom-Key", "key={secret};v=1");
        assertEquals("The folder " + folder + " has no file secret.", missing(spec));
        write("secret", "hush");
        Credential credential = present(spec);
        assertEquals(
                List.of("accept: */*", "X-Custom-Key: key=hush;v=1"),
                headers(credential, "x_custom_key", "mine", "accept", "*/*", "x-Custom-key", "mine"));
        assertEquals(List.of(SecretText.of("hush")), credential.secrets());
        assertFalse(credential.toString().contains("hush"), credential.toString());
    }

    @Test
    void basicIsNameAndPasswordAndBothTheirFormsAreSecret() throws IOException {
        CredentialSpec spec = new CredentialSpec.Basic("b", folder, null);
        write("username", "Aladdin");
        assertTrue(missing(spec).endsWith("has no file password."));
        write("password", "open sesame\n");
        Credential credential = present(spec);
        // The example of RFC 7617 section 2.
        assertEquals(List.of("authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), headers(credential));
        assertEquals(
                List.of(SecretText.of("open sesame"), SecretText.of("QWxhZGRpbjpvcGVuIHNlc2FtZQ==")),
                credential.secrets());
        write("username", "a:b");
        assertTrue(missing(spec).endsWith("has a colon."));
    }

    @Test
    void basicWithAFixedNameTakesTheTokenOfABearersSecret() throws IOException {
        CredentialSpec spec = new CredentialSpec.Basic("b", folder, "x-access-token");
        assertTrue(missing(spec).endsWith("has no file token."));
        write("token", "ghp_1\n");
        Credential credential = present(spec);
        assertEquals(List.of("authorization: Basic eC1hY2Nlc3MtdG9rZW46Z2hwXzE="), headers(credential));
        assertEquals(
                List.of(SecretText.of("ghp_1"), SecretText.of("eC1hY2Nlc3MtdG9rZW46Z2hwXzE=")), credential.secrets());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "sk-secret with space", "sk-secret\nsecond", "sk-secret\u0000", "sk-secret-ü"})
    void aFileThatIsNoHeaderValueIsNamedAndNotQuoted(String text) throws IOException {
        write("api-key", text);
        assertTrue(missing(anthropic()).contains("api-key"), missing(anthropic()));
        assertFalse(missing(anthropic()).contains("secret"), missing(anthropic()));
    }

    @Test
    void aFileThatIsTooLongIsNotRead() throws IOException {
        write("api-key", "a".repeat(SecretFiles.MAX_BYTES + 1));
        assertTrue(missing(anthropic()).contains("longer"));
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
        Credential before = present(anthropic());
        Files.delete(folder.resolve("..data"));
        Files.createSymbolicLink(folder.resolve("..data"), Path.of("v2"));
        assertEquals(List.of("x-api-key: key-v1"), headers(before));
        assertEquals(List.of("x-api-key: key-v2"), headers(present(anthropic())));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a,b", "a, b,oauth-2025-04-20", ""})
    void anOauthTokenKeepsTheCallersBetas(String betas) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        if (!betas.isEmpty()) {
            headers.add("Anthropic-Beta", betas);
        }
        Credential credential = new Credential.AnthropicOauth("a", SecretText.of("t"), List.of());
        credential.applyTo(headers);
        assertEquals("Bearer t", headers.get("authorization"));
        List<String> after = List.of(headers.get("anthropic-beta").split(", *", -1));
        assertEquals(1, after.stream().filter("oauth-2025-04-20"::equals).count());
        assertEquals(betas.isEmpty() ? 1 : 3, after.size());
        assertFalse(credential.toString().contains("=t"), credential.toString());
    }
}
