package io.clawpod.proxy.credential;

import io.vertx.core.Future;

/** Where one credential comes from. Thread-safe. */
sealed interface Source permits FileSource, OauthSource {
    /** What is known now; starts nothing. */
    CredentialState state();

    /** The credential for a call; never fails, and completes on any thread. */
    Future<CredentialState> obtain();

    /** Hears that the upstream did not take {@code carried}: a call's credential, which may no longer be the one held. */
    void rejected(Credential carried);

    /** Reads the files again. Blocks. */
    void reread();

    /** Does what is due by the clock; on an event loop. */
    void tick();
}
