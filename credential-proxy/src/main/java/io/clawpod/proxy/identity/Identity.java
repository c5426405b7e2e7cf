package io.clawpod.proxy.identity;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.common.SessionToken;
import io.clawpod.common.SessionTokens;
import io.clawpod.common.SessionTokens.Verification;
import io.clawpod.common.VerificationKeys;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.UnaryOperator;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/** Finds out who calls. Never blocks; its futures complete on the caller's event loop. */
@Singleton
public final class Identity {
    /** How long a caller waits for the watch to show its pod: an agent may call before the event about it arrives. */
    static final Duration PATIENCE = Duration.ofSeconds(2);

    private static final Duration LOOK_AGAIN = Duration.ofMillis(25);
    private static final String REMEDY = "Send the session's token as x-api-key or as Authorization: Bearer.";

    private final SessionKeys keys;
    private final PodWatch watch;
    private final PodCheck check;
    private final Vertx vertx;
    private final Clock clock;
    private final String issuer;

    Identity(
            SessionKeys keys,
            PodWatch watch,
            Vertx vertx,
            Clock clock,
            @ConfigProperty(name = "clawpod.agents.namespace") String namespace,
            @ConfigProperty(name = "clawpod.identity.issuer") String issuer,
            @ConfigProperty(name = "clawpod.identity.bind-ip") boolean bindIp) {
        this.keys = keys;
        this.watch = watch;
        this.check = new PodCheck(namespace, bindIp);
        this.vertx = vertx;
        this.clock = clock;
        this.issuer = issuer;
    }

    /**
     * Identifies a caller.
     *
     * @param headers of its request
     * @param peer the connection's remote address as a literal
     * @param unwrap takes a session token out of the shape of another key
     * @return never fails; refuses when in doubt
     */
    public Future<Identification> identify(MultiMap headers, @Nullable String peer, UnaryOperator<String> unwrap) {
        List<String> candidates = PresentedTokens.in(headers, unwrap);
        if (candidates.isEmpty()) {
            return refused("The request has no session token.");
        }
        InetAddress address = peer == null ? null : PeerAddress.parse(peer);
        return verify(candidates).compose(verification -> {
            if (verification instanceof Verification.UnknownKey) {
                return here(keys.refetch())
                        .compose(fetched -> verify(candidates))
                        .compose(again -> admit(again, address));
            }
            return admit(verification, address);
        });
    }

    /** The fetch completes on an event loop of its own; the caller goes on on its own too. */
    private Future<Void> here(Future<Void> elsewhere) {
        Context context = vertx.getOrCreateContext();
        Promise<Void> promise = Promise.promise();
        elsewhere.onComplete(done -> context.runOnContext(now -> promise.handle(done)));
        return promise.future();
    }

    /** What the first candidate of ours is; null while there are no keys to say it with. */
    private Future<@Nullable Verification> verify(List<String> candidates) {
        VerificationKeys current = keys.current();
        if (current == null) {
            return Future.succeededFuture();
        }
        for (String candidate : candidates) {
            Verification verification = SessionTokens.verify(candidate, current, issuer, clock.instant());
            if (!(verification instanceof Verification.NotOurs)) {
                return Future.succeededFuture(verification);
            }
        }
        return Future.succeededFuture(new Verification.NotOurs());
    }

    private Future<Identification> admit(@Nullable Verification verification, @Nullable InetAddress peer) {
        if (verification == null) {
            return unavailable(keys.fault());
        }
        if (verification instanceof Verification.Valid valid) {
            Promise<Identification> promise = Promise.promise();
            look(valid.token(), peer, clock.instant().plus(PATIENCE), promise);
            return promise.future();
        }
        if (verification instanceof Verification.Rejected rejected) {
            return refused("The session token is not valid: " + rejected.reason() + ".");
        }
        return refused(
                verification instanceof Verification.UnknownKey
                        ? "The session token is signed by a key that the spawner does not have."
                        : "What the request has for a key is not a session token.");
    }

    private void look(SessionToken token, @Nullable InetAddress peer, Instant until, Promise<Identification> promise) {
        String fault = watch.fault();
        if (fault != null) {
            unavailable(fault).onComplete(promise);
            return;
        }
        PodCheck.Finding finding = check.check(token, watch.find(token.podUid()), peer);
        if (finding instanceof PodCheck.Finding.Matches) {
            promise.complete(new Identification.Identified(token));
        } else if (finding instanceof PodCheck.Finding.Differs differs) {
            refused(differs.reason()).onComplete(promise);
        } else if (finding instanceof PodCheck.Finding.NotYet notYet) {
            if (clock.instant().isBefore(until)) {
                vertx.setTimer(LOOK_AGAIN.toMillis(), timer -> look(token, peer, until, promise));
            } else {
                refused(notYet.reason()).onComplete(promise);
            }
        }
    }

    private static Future<Identification> refused(String detail) {
        return Future.succeededFuture(
                new Identification.Refused(Problem.of(ErrorCode.UNAUTHENTICATED, detail, REMEDY)));
    }

    private static Future<Identification> unavailable(@Nullable String detail) {
        return Future.succeededFuture(new Identification.Refused(Problem.of(
                ErrorCode.IDENTITY_UNAVAILABLE,
                detail == null ? "The session keys are gone." : detail,
                "Try again; /q/health/ready on the management port says what is missing.")));
    }
}
