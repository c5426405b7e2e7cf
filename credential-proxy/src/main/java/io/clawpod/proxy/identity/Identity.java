package io.clawpod.proxy.identity;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.common.SessionToken;
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
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/** Finds out who calls. Never blocks; its futures complete on the caller's event loop. */
@Singleton
public final class Identity {
    /**
     * How long a caller waits for the watch to show its pod: an agent may call before the event about it arrives, and a kubelet
     * that has much to report tells the address of a new pod seconds after its agent has begun.
     */
    static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final Duration LOOK_AGAIN = Duration.ofMillis(25);
    private static final String REMEDY =
            "Send the session's token as x-api-key, as Authorization: Bearer or as the password of Authorization: Basic.";

    private final SessionKeys keys;
    private final AccountReviews reviews;
    private final VerifiedTokens verified;
    private final PodWatch watch;
    private final PodCheck check;
    private final Vertx vertx;
    private final Clock clock;
    private final String namespace;
    private final boolean serviceAccountTokens;

    Identity(
            SessionKeys keys,
            AccountReviews reviews,
            PodWatch watch,
            Vertx vertx,
            Clock clock,
            @ConfigProperty(name = "clawpod.agents.namespace") String namespace,
            @ConfigProperty(name = "clawpod.identity.issuer") String issuer,
            @ConfigProperty(name = "clawpod.identity.bind-ip") boolean bindIp,
            @ConfigProperty(name = "clawpod.identity.service-account-tokens") boolean serviceAccountTokens) {
        this.keys = keys;
        this.reviews = reviews;
        this.verified = new VerifiedTokens(issuer);
        this.watch = watch;
        this.check = new PodCheck(namespace, bindIp);
        this.vertx = vertx;
        this.clock = clock;
        this.namespace = namespace;
        this.serviceAccountTokens = serviceAccountTokens;
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
        Verification verification = verify(candidates);
        if (verification instanceof Verification.UnknownKey) {
            return here(keys.refetch()).compose(fetched -> admit(candidates, verify(candidates), address));
        }
        return admit(candidates, verification, address);
    }

    /** The fetch completes on an event loop of its own; the caller goes on on its own too. */
    private Future<Void> here(Future<Void> elsewhere) {
        Context context = vertx.getOrCreateContext();
        Promise<Void> promise = Promise.promise();
        elsewhere.onComplete(done -> context.runOnContext(now -> promise.handle(done)));
        return promise.future();
    }

    /** What the first candidate of ours is; null while there are no keys to say it with. */
    private @Nullable Verification verify(List<String> candidates) {
        VerificationKeys current = keys.current();
        if (current == null) {
            return null;
        }
        for (String candidate : candidates) {
            Verification verification = verified.verify(candidate, current, clock.instant());
            if (!(verification instanceof Verification.NotOurs)) {
                return verification;
            }
        }
        return new Verification.NotOurs();
    }

    private Future<Identification> admit(
            List<String> candidates, @Nullable Verification verification, @Nullable InetAddress peer) {
        if (verification instanceof Verification.Valid valid) {
            SessionToken token = valid.token();
            return look(Claim.of(token), pod -> Caller.of(token), peer);
        }
        if (verification instanceof Verification.Rejected rejected) {
            return refused("The session token is not valid: " + rejected.reason() + ".");
        }
        if (verification instanceof Verification.UnknownKey) {
            return refused("The session token is signed by a key that the spawner does not have.");
        }
        String account = serviceAccountTokens ? accountToken(candidates) : null;
        if (account != null) {
            return review(account, peer);
        }
        return verification == null
                ? unavailable(keys.fault())
                : refused("What the request has for a key is not a session token.");
    }

    private @Nullable String accountToken(List<String> candidates) {
        for (String candidate : candidates) {
            if (AccountTokens.maybe(candidate, namespace)) {
                return candidate;
            }
        }
        return null;
    }

    private Future<Identification> review(String token, @Nullable InetAddress peer) {
        String fault = watch.fault();
        if (fault != null) {
            // The API server that should review it is the one that does not answer.
            return unavailable(fault);
        }
        return reviews.review(token).compose(review -> {
            if (review instanceof AccountReviews.Review.Bound bound) {
                return look(bound.claim(), pod -> Caller.of(bound.account(), pod), peer);
            }
            return review instanceof AccountReviews.Review.Rejected rejected
                    ? refused(rejected.reason())
                    : unavailable(((AccountReviews.Review.Unavailable) review).reason());
        });
    }

    private Future<Identification> look(Claim claim, Function<WatchedPod, Caller> caller, @Nullable InetAddress peer) {
        Promise<Identification> promise = Promise.promise();
        look(claim, caller, peer, null, promise);
        return promise.future();
    }

    private void look(
            Claim claim,
            Function<WatchedPod, Caller> caller,
            @Nullable InetAddress peer,
            @Nullable Instant patient,
            Promise<Identification> promise) {
        String fault = watch.fault();
        if (fault != null) {
            unavailable(fault).onComplete(promise);
            return;
        }
        PodCheck.Finding finding = check.check(claim, watch.find(claim.podUid()), peer);
        if (finding instanceof PodCheck.Finding.Matches matches) {
            promise.complete(new Identification.Identified(caller.apply(matches.pod())));
        } else if (finding instanceof PodCheck.Finding.Differs differs) {
            refused(differs.reason()).onComplete(promise);
        } else if (finding instanceof PodCheck.Finding.NotYet notYet) {
            Instant now = clock.instant();
            Instant until = patient == null ? now.plus(PATIENCE) : patient;
            if (now.isBefore(until)) {
                vertx.setTimer(LOOK_AGAIN.toMillis(), timer -> {
                    try {
                        look(claim, caller, peer, until, promise);
                    } catch (RuntimeException e) {
                        promise.tryFail(e);
                    }
                });
            } else {
                watch.missing(claim.podName());
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
