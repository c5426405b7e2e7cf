package io.clawpod.proxy.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import io.clawpod.common.SessionToken;
import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatus;
import io.fabric8.kubernetes.api.model.authentication.UserInfo;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Has the API server say whose projected ServiceAccount tokens are. Answers are kept for seconds, by the token's digest; a
 * token that is under review is not sent again, and no more than {@link #MAX_IN_FLIGHT} are. Thread-safe.
 *
 * @see <a href="https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/">TokenReview</a>
 */
@Singleton
final class AccountReviews {
    /** How long a good answer is believed. The end of the pod is seen by our watch and needs no new review. */
    static final Duration KEEP_GOOD = Duration.ofSeconds(10);

    static final Duration KEEP_BAD = Duration.ofSeconds(5);
    static final Duration TIMEOUT = Duration.ofSeconds(3);
    static final int MAX_IN_FLIGHT = 8;
    static final int MAX_KEPT = 4096;

    private static final String ACCOUNT = "system:serviceaccount:";
    private static final String POD_NAME = "authentication.kubernetes.io/pod-name";
    private static final String POD_UID = "authentication.kubernetes.io/pod-uid";
    private static final Logger LOG = Logger.getLogger(AccountReviews.class);

    /** What a review found. */
    sealed interface Review {
        /**
         * A token of the agents' namespace that is bound to a pod.
         *
         * @param account {@code namespace/name}
         */
        record Bound(String account, Claim claim) implements Review {}

        /** Not to be believed, and why. */
        record Rejected(String reason) implements Review {}

        /** Nobody can say. */
        record Unavailable(String reason) implements Review {}
    }

    private final KubernetesClient client;
    private final Vertx vertx;
    private final WorkerExecutor workers;
    private final String namespace;
    private final Cache<TokenDigest, Review> kept;
    private final Map<TokenDigest, Future<Review>> inFlight = new HashMap<>();

    AccountReviews(
            KubernetesClient client,
            Vertx vertx,
            Clock clock,
            @ConfigProperty(name = "clawpod.agents.namespace") String namespace) {
        this.client = client;
        this.vertx = vertx;
        this.workers = vertx.createSharedWorkerExecutor("token-reviews", MAX_IN_FLIGHT);
        this.namespace = namespace;
        this.kept = Caffeine.newBuilder()
                .maximumSize(MAX_KEPT)
                .ticker(() -> clock.millis() * 1_000_000)
                .expireAfter(Expiry.<TokenDigest, Review>creating(
                        (digest, review) -> review instanceof Review.Bound ? KEEP_GOOD : KEEP_BAD))
                .build();
    }

    /** Reviews a token; never fails, and completes on the caller's event loop. */
    Future<Review> review(String token) {
        TokenDigest digest = TokenDigest.of(token);
        Review known = kept.getIfPresent(digest);
        return known != null ? Future.succeededFuture(known) : ask(digest, token);
    }

    private Future<Review> ask(TokenDigest digest, String token) {
        Future<Review> answer;
        synchronized (inFlight) {
            Future<Review> asked = inFlight.get(digest);
            if (asked == null && inFlight.size() >= MAX_IN_FLIGHT) {
                return Future.succeededFuture(
                        new Review.Unavailable("Too many ServiceAccount tokens are under review."));
            }
            answer = asked != null ? asked : workers.executeBlocking(() -> create(token), false);
            if (asked == null) {
                inFlight.put(digest, answer);
                answer.onComplete(done -> landed(digest, done.result()));
            }
        }
        Context context = vertx.getOrCreateContext();
        Promise<Review> here = Promise.promise();
        answer.onComplete(done -> context.runOnContext(now -> here.handle(done)));
        return here.future();
    }

    private void landed(TokenDigest digest, @Nullable Review review) {
        if (review != null && !(review instanceof Review.Unavailable)) {
            kept.put(digest, review);
        }
        synchronized (inFlight) {
            inFlight.remove(digest);
        }
    }

    private Review create(String token) {
        TokenReview request = new TokenReviewBuilder()
                .withNewSpec()
                .withToken(token)
                .withAudiences(SessionToken.AUDIENCE)
                .endSpec()
                .build();
        try {
            TokenReviewStatus status = BriefCalls.call(
                            client, TIMEOUT, brief -> brief.tokenReviews().create(request))
                    .getStatus();
            return verdict(status, namespace);
        } catch (KubernetesClientException e) {
            LOG.warnf(
                    "token not reviewed status=%d cause=%s",
                    e.getCode(), e.getClass().getSimpleName());
            return new Review.Unavailable(
                    e.getCode() == 403
                            ? "The proxy may not create TokenReviews, so no ServiceAccount token can be checked."
                            : "The Kubernetes API does not review ServiceAccount tokens now.");
        }
    }

    /** Reads an answer. Pure. */
    static Review verdict(@Nullable TokenReviewStatus status, String namespace) {
        if (status == null || !Boolean.TRUE.equals(status.getAuthenticated()) || status.getUser() == null) {
            return new Review.Rejected("The ServiceAccount token is not valid.");
        }
        // An API server that knows no audiences answers without them (TokenReview, status.audiences).
        if (status.getAudiences() == null || !status.getAudiences().contains(SessionToken.AUDIENCE)) {
            return new Review.Rejected("The ServiceAccount token is for another audience.");
        }
        UserInfo user = status.getUser();
        String prefix = ACCOUNT + namespace + ":";
        if (user.getUsername() == null || !user.getUsername().startsWith(prefix)) {
            return new Review.Rejected("The token is not of a ServiceAccount in the agents' namespace.");
        }
        String podName = extra(user, POD_NAME);
        String podUid = extra(user, POD_UID);
        if (podName == null || podUid == null) {
            return new Review.Rejected("The ServiceAccount token is not bound to a pod.");
        }
        return new Review.Bound(
                namespace + "/" + user.getUsername().substring(prefix.length()), new Claim(namespace, podName, podUid));
    }

    private static @Nullable String extra(UserInfo user, String name) {
        List<String> values = user.getExtra() == null ? null : user.getExtra().get(name);
        return values == null || values.size() != 1 ? null : values.get(0);
    }
}
