package io.clawpod.proxy.credential;

import io.clawpod.common.SecretText;
import io.clawpod.proxy.credential.SecretFiles.Unusable;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/** Makes credentials of files; those that need nothing else. Blocks. */
final class CredentialFiles {
    static final String API_KEY = "api-key";
    static final String OAUTH_TOKEN = "oauth-token";

    private CredentialFiles() {}

    static CredentialState read(CredentialSpec spec) {
        try {
            if (spec instanceof CredentialSpec.Anthropic anthropic) {
                return anthropic(anthropic);
            }
            if (spec instanceof CredentialSpec.Basic basic) {
                return basic(basic);
            }
            if (spec instanceof CredentialSpec.Header header) {
                return header(header);
            }
            throw new IllegalArgumentException("not of files alone");
        } catch (Unusable e) {
            return new CredentialState.Missing(e.reason);
        }
    }

    private static CredentialState anthropic(CredentialSpec.Anthropic spec) throws Unusable {
        SecretText key = SecretFiles.token(spec.folder(), API_KEY);
        SecretText token = SecretFiles.token(spec.folder(), OAUTH_TOKEN);
        if (key != null && token != null) {
            return new CredentialState.Missing("The folder " + spec.folder() + " holds both api-key and oauth-token.");
        }
        if (key != null) {
            return new CredentialState.Present(new Credential.Header(spec.name(), "x-api-key", key, List.of(key)));
        }
        return token != null
                ? new CredentialState.Present(new Credential.AnthropicOauth(spec.name(), token, List.of(token)))
                : new CredentialState.Missing(
                        "The folder " + spec.folder() + " holds neither api-key nor oauth-token.");
    }

    private static CredentialState header(CredentialSpec.Header spec) throws Unusable {
        SecretText secret = SecretFiles.token(spec.folder(), spec.file());
        if (secret == null) {
            return missing(spec, spec.file());
        }
        SecretText value = SecretText.of(spec.template().replace(CredentialSpec.Header.SECRET, secret.reveal()));
        return new CredentialState.Present(new Credential.Header(spec.name(), spec.header(), value, List.of(secret)));
    }

    private static CredentialState basic(CredentialSpec.Basic spec) throws Unusable {
        if (spec.username() != null) {
            SecretText token = SecretFiles.token(spec.folder(), "token");
            return token == null ? missing(spec, "token") : basic(spec, spec.username(), token);
        }
        SecretText user = SecretFiles.text(spec.folder(), "username");
        SecretText password = SecretFiles.text(spec.folder(), "password");
        if (user == null || password == null) {
            return missing(spec, user == null ? "username" : "password");
        }
        if (user.reveal().indexOf(':') >= 0) {
            // The first colon ends the name (RFC 7617 section 2).
            return new CredentialState.Missing("The file username in " + spec.folder() + " has a colon.");
        }
        return basic(spec, user.reveal(), password);
    }

    private static CredentialState basic(CredentialSpec.Basic spec, String user, SecretText password) {
        String pair = user + ":" + password.reveal();
        SecretText encoded = SecretText.of(Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8)));
        SecretText value = SecretText.of("Basic " + encoded.reveal());
        return new CredentialState.Present(
                new Credential.Header(spec.name(), "authorization", value, List.of(password, encoded)));
    }

    private static CredentialState missing(CredentialSpec spec, String file) {
        return new CredentialState.Missing("The folder " + spec.folder() + " has no file " + file + ".");
    }
}
