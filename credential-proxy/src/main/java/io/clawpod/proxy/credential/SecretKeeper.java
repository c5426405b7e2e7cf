package io.clawpod.proxy.credential;

import io.clawpod.common.SecretText;
import java.util.Map;

/** Writes refreshed tokens where they outlive the process. */
interface SecretKeeper {
    /**
     * Sets these keys of the Secret and leaves its others alone. Blocks.
     *
     * @throws RuntimeException if that did not work; without any of the values
     */
    void keep(CredentialSpec.SecretName secret, Map<String, SecretText> data);
}
