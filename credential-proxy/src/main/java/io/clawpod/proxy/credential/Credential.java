package io.clawpod.proxy.credential;

import io.clawpod.common.SecretText;
import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.List;

/** A real credential and how it is put on a request. */
public sealed interface Credential {
    /** What this credential is called in logs and meters. */
    String name();

    /** What no answer may give back to an agent. */
    List<SecretText> secrets();

    /** Sets this credential in {@code headers}, from which those of the client have been taken. */
    void applyTo(MultiMap headers);

    /** Nothing at all, for routes that say so. */
    record None() implements Credential {
        @Override
        public String name() {
            return "none";
        }

        @Override
        public List<SecretText> secrets() {
            return List.of();
        }

        @Override
        public void applyTo(MultiMap headers) {}
    }

    /**
     * One header.
     *
     * @param value of the header, whole
     */
    record Header(String name, String header, SecretText value, List<SecretText> secrets) implements Credential {
        public Header {
            secrets = List.copyOf(secrets);
        }

        @Override
        public void applyTo(MultiMap headers) {
            ClientCredentials.stripAllLike(header, headers);
            headers.set(header, value.reveal());
        }
    }

    /** An OAuth access token: {@code Authorization: Bearer}, and the beta that Anthropic's API wants with it. */
    record AnthropicOauth(String name, SecretText token, List<SecretText> secrets) implements Credential {
        static final String BETA_HEADER = "anthropic-beta";
        static final String BETA = "oauth-2025-04-20";

        public AnthropicOauth {
            secrets = List.copyOf(secrets);
        }

        @Override
        public void applyTo(MultiMap headers) {
            headers.set("authorization", "Bearer " + token.reveal());
            List<String> betas = new ArrayList<>();
            for (String line : headers.getAll(BETA_HEADER)) {
                for (String beta : line.split(",", -1)) {
                    if (!beta.isBlank()) {
                        betas.add(beta.trim());
                    }
                }
            }
            if (!betas.contains(BETA)) {
                betas.add(BETA);
                headers.set(BETA_HEADER, String.join(",", betas));
            }
        }
    }
}
