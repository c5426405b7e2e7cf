package io.clawpod.proxy.identity;

import io.clawpod.common.InvalidValue;
import io.clawpod.common.VerificationKeys;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The spawner's public keys, fetched over HTTP (RFC 7517) and kept. Fetched anew every {@link #REFRESH}, soon while there
 * are none, and when a token names an unknown key, but never twice within {@link #MIN_INTERVAL}. Thread-safe.
 */
@Singleton
public final class SessionKeys {
    static final Duration REFRESH = Duration.ofMinutes(5);
    static final Duration RETRY = Duration.ofSeconds(2);
    static final Duration MIN_INTERVAL = Duration.ofSeconds(1);
    /** How long keys are believed that could not be fetched anew: the spawner may be down, but not for a day. */
    static final Duration MAX_AGE = Duration.ofHours(24);

    private static final Logger LOG = Logger.getLogger(SessionKeys.class);

    private record Fetched(VerificationKeys keys, Instant at) {}

    private final KeySetSource source;
    private final Vertx vertx;
    private final Clock clock;
    private volatile @Nullable Fetched fetched;
    private volatile String lastFault = "The session keys have not been fetched yet.";
    private @Nullable Future<Void> inFlight;
    private Instant lastStart = Instant.MIN;

    SessionKeys(Vertx vertx, Clock clock, @ConfigProperty(name = "clawpod.identity.jwks-url") String url) {
        this.source = new KeySetSource(vertx, url);
        this.vertx = vertx;
        this.clock = clock;
    }

    /** The keys to check tokens with; null while there are none, and then {@link #fault()} says why. */
    @Nullable
    VerificationKeys current() {
        Fetched last = fetched;
        return last == null || last.at().isBefore(clock.instant().minus(MAX_AGE)) ? null : last.keys();
    }

    /** Says why there are no keys; null while there are some. */
    public @Nullable String fault() {
        return current() == null ? lastFault : null;
    }

    /** Fetches the keys unless that was just done; the future always succeeds, whatever came of it. */
    synchronized Future<Void> refetch() {
        if (inFlight != null) {
            return inFlight;
        }
        Instant now = clock.instant();
        if (lastStart.isAfter(now.minus(MIN_INTERVAL))) {
            return Future.succeededFuture();
        }
        lastStart = now;
        Future<Void> fetch = source.fetch()
                .map(VerificationKeys::fromJwks)
                .onComplete(done -> {
                    if (done.succeeded()) {
                        fetched = new Fetched(done.result(), clock.instant());
                        lastFault = "The session keys from " + source.url() + " are too old.";
                    } else {
                        missed(done.cause());
                    }
                    landed();
                })
                .<Void>mapEmpty()
                .otherwiseEmpty();
        inFlight = fetch.isComplete() ? null : fetch;
        return fetch;
    }

    private void missed(Throwable cause) {
        String fault = fault(cause);
        if (!fault.equals(lastFault)) {
            // Tried every other second while it lasts, and said once.
            lastFault = fault;
            LOG.warnf("session keys not fetched url=%s cause=%s", source.url(), cause);
        }
    }

    private synchronized void landed() {
        inFlight = null;
    }

    private String fault(Throwable cause) {
        return cause instanceof InvalidValue invalid
                ? "The session keys at " + source.url() + " " + invalid.fault() + "."
                : "The session keys cannot be fetched from " + source.url() + ".";
    }

    void start(@Observes StartupEvent event) {
        refetch();
        vertx.setPeriodic(RETRY.toMillis(), timer -> {
            Fetched last = fetched;
            if (last == null || last.at().isBefore(clock.instant().minus(REFRESH))) {
                refetch();
            }
        });
    }
}
