package io.clawpod.proxy.credential;

import io.vertx.core.Future;

/** Where one credential comes from. Thread-safe. */
sealed interface Source permits FileSource, OauthSource {
    /** What is known now; starts nothing. */
    CredentialState state();

    /** The credential for a call; never fails, and completes on any thread. */
    Future<CredentialState> obtain();

    /** Reads the files again. Blocks. */
    void reread();

    /** Does what is due by the clock; on an event loop. */
    void tick();
}
