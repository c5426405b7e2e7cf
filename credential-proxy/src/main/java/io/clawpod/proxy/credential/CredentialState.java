package io.clawpod.proxy.credential;

import io.clawpod.common.ErrorCode;
import java.time.Duration;

/** What is known of a credential at the moment. */
public sealed interface CredentialState {
    /** It can be used. */
    record Present(Credential credential) implements CredentialState {}

    /** There is none that can be used; {@code reason} names the folder and never quotes a file. */
    record Missing(String reason) implements CredentialState {}

    /**
     * It has run out, and was not to be refreshed.
     *
     * @param code how a caller is told
     * @param reason never quotes what the token endpoint said
     * @param retryAfter when the next attempt is made
     */
    record Failed(ErrorCode code, String reason, Duration retryAfter) implements CredentialState {}
}
