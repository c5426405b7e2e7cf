package io.clawpod.proxy.credential;

import io.clawpod.common.SecretText;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Brings the latest pair of one credential to its Secret, off the event loop, one write at a time. What fails is logged,
 * counted and tried again: calls go on with the pair in memory, but a restart would begin with what the Secret holds.
 */
final class WriteBack {
    static final Duration AGAIN = Duration.ofSeconds(30);

    private static final Logger LOG = Logger.getLogger(WriteBack.class);

    private final CredentialSpec.Oauth spec;
    private final SecretKeeper keeper;
    private final Vertx vertx;
    private final Clock clock;
    private final RefreshMeter meter;
    private @Nullable Map<String, SecretText> pending;
    private boolean writing;
    private Instant nextAttempt = Instant.MIN;

    WriteBack(CredentialSpec.Oauth spec, SecretKeeper keeper, Vertx vertx, Clock clock, RefreshMeter meter) {
        this.spec = spec;
        this.keeper = keeper;
        this.vertx = vertx;
        this.clock = clock;
        this.meter = meter;
    }

    /** Has {@code data} written, in place of what may still wait. Does nothing if the credential names no Secret. */
    synchronized void keep(Map<String, SecretText> data) {
        if (spec.writeBack() != null) {
            pending = data;
            nextAttempt = Instant.MIN;
            tick();
        }
    }

    synchronized void tick() {
        CredentialSpec.SecretName secret = spec.writeBack();
        Map<String, SecretText> data = pending;
        if (secret == null || data == null || writing || clock.instant().isBefore(nextAttempt)) {
            return;
        }
        writing = true;
        vertx.<Void>executeBlocking(
                        () -> {
                            keeper.keep(secret, data);
                            return null;
                        },
                        false)
                .onComplete(done -> wrote(data, done.cause()));
    }

    private synchronized void wrote(Map<String, SecretText> data, @Nullable Throwable cause) {
        writing = false;
        meter.wrote(cause == null);
        if (cause == null) {
            LOG.infof("tokens written back credential=%s", spec.name());
        } else {
            LOG.warnf("tokens not written back credential=%s cause=\"%s\"", spec.name(), cause.getMessage());
            nextAttempt = clock.instant().plus(AGAIN);
        }
        if (cause == null && pending == data) {
            pending = null;
        }
        tick();
    }
}
