package io.clawpod.spawner.session;

import java.time.Instant;

/** When agents last called through the credential proxy. Thread-safe; nothing here blocks. */
public interface LastCalls {
    /** Nobody counts calls. */
    LastCalls UNCOUNTED = podUid -> new LastCall.Uncounted();

    /** @param podUid metadata.uid of the session's pod */
    LastCall of(String podUid);

    /** What is known of a session's last call. */
    sealed interface LastCall {
        record At(Instant time) implements LastCall {}

        /** It has not called. */
        record Never() implements LastCall {}

        /** Calls are counted, but this cannot be told now; it is not to be held against the session. */
        record Unknown() implements LastCall {}

        /** Calls are not counted, so they tell nothing of any session. */
        record Uncounted() implements LastCall {}
    }
}
