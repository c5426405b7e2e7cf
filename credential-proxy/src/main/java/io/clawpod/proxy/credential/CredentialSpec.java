package io.clawpod.proxy.credential;

import io.clawpod.common.InvalidValue;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a credential is and where its files are; never its value. */
public sealed interface CredentialSpec {
    /** What it is called in the routes file, in logs and meters. */
    String name();

    /** The folder that its Secret is mounted at. */
    Path folder();

    /** Anthropic's: the file {@code api-key} or the file {@code oauth-token}, whichever is there. */
    record Anthropic(String name, Path folder) implements CredentialSpec {}

    /**
     * One header, from one file.
     *
     * @param file whose content is the secret
     * @param header that is set
     * @param template of its value, with {@code {secret}} once
     */
    record Header(String name, Path folder, String file, String header, String template) implements CredentialSpec {
        public static final String SECRET = "{secret}";

        // What frames or routes a message is not a credential's to set (RFC 9110 sections 7.2 and 7.6.1).
        private static final Set<String> NOT_OURS = Set.of(
                "host",
                "connection",
                "content-length",
                "transfer-encoding",
                "te",
                "trailer",
                "upgrade",
                "keep-alive",
                "expect",
                "proxy-connection",
                "content-type");

        /** @throws InvalidValue if the header cannot be set, or the template cannot be its value */
        public Header {
            if (!header.matches("[A-Za-z0-9-]{1,64}") || NOT_OURS.contains(header.toLowerCase(Locale.ROOT))) {
                throw new InvalidValue("header", "is no header for a credential", "name one as X-Api-Key");
            }
            int at = template.indexOf(SECRET);
            if (at < 0 || template.indexOf(SECRET, at + 1) >= 0) {
                throw new InvalidValue("template", "has not {secret} once", "write it as token {secret}");
            }
            boolean plain = template.chars().allMatch(c -> c >= ' ' && c < 0x7f);
            if (!plain || !template.equals(template.strip()) || template.length() > 256) {
                throw new InvalidValue(
                        "template", "is no header value", "use up to 256 printable ASCII characters, no space around");
            }
        }
    }

    /**
     * A name and a password (RFC 7617).
     *
     * @param username with the password in the file {@code token}; null for both in the files {@code username} and
     *     {@code password}, as in Secrets of type kubernetes.io/basic-auth
     */
    record Basic(String name, Path folder, @Nullable String username) implements CredentialSpec {
        /** @throws InvalidValue if the username cannot be one */
        public Basic {
            if (username != null && !username.matches("[!-9;-~]{1,128}")) {
                throw new InvalidValue("username", "is no user's name", "use printable ASCII characters, no colon");
            }
        }
    }

    /**
     * An OAuth access token that is refreshed (RFC 6749 section 6).
     *
     * @param anthropic whether the beta that Anthropic's API wants with such tokens is added
     * @param allowPrivate whether the endpoint may be http, and have an address that is not globally reachable
     * @param json whether the endpoint wants JSON instead of a form
     * @param skew how long before its end a token is refreshed
     * @param writeBack where the refreshed pair is kept; null for in memory alone
     */
    record Oauth(
            String name,
            Path folder,
            URI tokenEndpoint,
            boolean allowPrivate,
            String clientId,
            @Nullable String scope,
            boolean json,
            boolean anthropic,
            Duration skew,
            @Nullable SecretName writeBack)
            implements CredentialSpec {}

    /** A Secret in the cluster. */
    record SecretName(String namespace, String name) {
        /** @throws InvalidValue if one of them is no name that Kubernetes takes */
        public SecretName {
            check("namespace", namespace, "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
            check("name", name, "[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?");
        }

        private static void check(String field, String value, String pattern) {
            if (!value.matches(pattern)) {
                throw new InvalidValue(field, "is no name of Kubernetes", "use lower case letters, digits and dashes");
            }
        }
    }
}
