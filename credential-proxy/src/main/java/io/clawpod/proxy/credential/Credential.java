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

    /** An API key: header {@code x-api-key}. */
    record ApiKey(SecretText key) implements Credential {
        static final String FILE = "api-key";

        @Override
        public String name() {
            return FILE;
        }

        @Override
        public List<SecretText> secrets() {
            return List.of(key);
        }

        @Override
        public void applyTo(MultiMap headers) {
            headers.set("x-api-key", key.reveal());
        }
    }

    /** An OAuth access token: {@code Authorization: Bearer}, and the beta that Anthropic's API wants with it. */
    record OauthToken(SecretText token) implements Credential {
        static final String FILE = "oauth-token";
        static final String BETA_HEADER = "anthropic-beta";
        static final String BETA = "oauth-2025-04-20";

        @Override
        public String name() {
            return FILE;
        }

        @Override
        public List<SecretText> secrets() {
            return List.of(token);
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
