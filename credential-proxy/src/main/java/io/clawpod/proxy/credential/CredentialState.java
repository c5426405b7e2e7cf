package io.clawpod.proxy.credential;

/** What a credential folder holds at the moment. */
public sealed interface CredentialState {
    /** Exactly one usable credential. */
    record Present(Credential credential) implements CredentialState {}

    /** None that can be used; {@code reason} names the folder and never quotes a file. */
    record Missing(String reason) implements CredentialState {}
}
