package io.clawpod.proxy.identity;

import io.clawpod.common.CallsToken;
import io.clawpod.common.VerificationKeys;
import jakarta.inject.Singleton;
import java.time.Clock;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Tells whether a caller is the spawner. Thread-safe. */
@Singleton
public final class SpawnerCheck {
    private final SessionKeys keys;
    private final Clock clock;
    private final String issuer;

    SpawnerCheck(SessionKeys keys, Clock clock, @ConfigProperty(name = "clawpod.identity.issuer") String issuer) {
        this.keys = keys;
        this.clock = clock;
        this.issuer = issuer;
    }

    /**
     * Whether {@code token} is one by which the spawner asks for counts of calls; never without its keys. A key is published
     * long before it signs, so none is fetched for it.
     */
    public boolean isSpawner(String token) {
        VerificationKeys current = keys.current();
        return current != null && CallsToken.verify(token, current, issuer, clock.instant());
    }
}
