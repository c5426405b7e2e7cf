package io.clawpod.proxy.credential;

import io.clawpod.common.SecretText;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An access token and what comes with it.
 *
 * @param refresh null if there is none, and then the access token ends for good
 * @param expiresAt null if nobody said; it is then used until it is replaced
 */
record TokenPair(
        SecretText access,
        @Nullable SecretText refresh,
        @Nullable Instant expiresAt) {
    boolean expired(Instant now) {
        return expiresAt != null && !now.isBefore(expiresAt);
    }
}
