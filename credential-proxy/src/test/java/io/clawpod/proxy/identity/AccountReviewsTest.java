package io.clawpod.proxy.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.proxy.identity.AccountReviews.Review;
import io.clawpod.proxy.testing.MovableClock;
import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatus;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@EnableKubernetesMockClient
class AccountReviewsTest {
    private static final String PATH = "/apis/authentication.k8s.io/v1/tokenreviews";
    private static final Review BOUND = new Review.Bound("agents/tools", new Claim("agents", "tools-1", "uid-1"));

    @SuppressWarnings("NullAway.Init") // set by the extension
    KubernetesMockServer server;

    @SuppressWarnings("NullAway.Init") // set by the extension
    KubernetesClient client;

    private final Vertx vertx = Vertx.vertx();
    private final MovableClock clock = new MovableClock();

    @SuppressWarnings("NullAway.Init") // set before each test
    private AccountReviews reviews;

    @BeforeEach
    void make() {
        reviews = new AccountReviews(client, vertx, clock, "agents");
    }

    @AfterEach
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private static TokenReviewStatusBuilder status(String user) {
        return new TokenReviewStatusBuilder()
                .withAuthenticated(true)
                .withAudiences("credential-proxy")
                .withNewUser()
                .withUsername(user)
                .addToExtra("authentication.kubernetes.io/pod-name", List.of("tools-1"))
                .addToExtra("authentication.kubernetes.io/pod-uid", List.of("uid-1"))
                .endUser();
    }

    private static TokenReview answer(TokenReviewStatus status) {
        return new TokenReviewBuilder().withStatus(status).build();
    }

    private Review review(String token) {
        return reviews.review(token).toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void aGoodAnswerIsKeptForSecondsAndThenAskedForAgain() {
        TokenReview good = answer(status("system:serviceaccount:agents:tools").build());
        server.expect().post().withPath(PATH).andReturn(201, good).always();
        assertEquals(BOUND, review("token"));
        assertEquals(BOUND, review("token"));
        assertEquals(1, server.getRequestCount());
        review("another");
        assertEquals(2, server.getRequestCount());
        clock.advance(AccountReviews.KEEP_GOOD.plusMillis(1));
        assertEquals(BOUND, review("token"));
        assertEquals(3, server.getRequestCount());
    }

    @Test
    void aBadAnswerIsKeptForAShorterTime() {
        TokenReview bad =
                answer(new TokenReviewStatusBuilder().withAuthenticated(false).build());
        server.expect().post().withPath(PATH).andReturn(201, bad).always();
        assertTrue(review("token") instanceof Review.Rejected);
        assertTrue(review("token") instanceof Review.Rejected);
        assertEquals(1, server.getRequestCount());
        clock.advance(AccountReviews.KEEP_BAD.plusMillis(1));
        review("token");
        assertEquals(2, server.getRequestCount());
    }

    @Test
    void anAnswerThatDoesNotComeIsNotKept() {
        server.expect().post().withPath(PATH).andReturn(500, "").once();
        server.expect()
                .post()
                .withPath(PATH)
                .andReturn(
                        201, answer(status("system:serviceaccount:agents:tools").build()))
                .once();
        assertTrue(review("token") instanceof Review.Unavailable);
        assertEquals(BOUND, review("token"));
    }

    @Test
    void aMissingRightIsNamed() {
        server.expect().post().withPath(PATH).andReturn(403, "").always();
        assertEquals(
                new Review.Unavailable(
                        "The proxy may not create TokenReviews, so no ServiceAccount token can be checked."),
                review("token"));
    }

    @Test
    void oneTokenIsUnderReviewOnceAndManyTokensNotAllAtOnce() {
        TokenReview good = answer(status("system:serviceaccount:agents:tools").build());
        CountDownLatch asleep = new CountDownLatch(1);
        server.expect()
                .post()
                .withPath(PATH)
                .andReply(201, request -> {
                    awaitQuietly(asleep);
                    return good;
                })
                .always();
        List<Future<Review>> asked = new ArrayList<>();
        for (int i = 0; i < 2 * AccountReviews.MAX_IN_FLIGHT; i++) {
            asked.add(reviews.review("same"));
        }
        for (int i = 1; i < AccountReviews.MAX_IN_FLIGHT; i++) {
            asked.add(reviews.review("token-" + i));
        }
        assertEquals(
                new Review.Unavailable("Too many ServiceAccount tokens are under review."), review("one-too-many"));
        asleep.countDown();
        for (Future<Review> each : asked) {
            assertEquals(BOUND, each.toCompletionStage().toCompletableFuture().join());
        }
        assertEquals(AccountReviews.MAX_IN_FLIGHT, server.getRequestCount());
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            assertTrue(latch.await(10, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "system:serviceaccount:elsewhere:tools, credential-proxy, uid-1, in the agents' namespace",
        "system:serviceaccount:agents-2:tools,  credential-proxy, uid-1, in the agents' namespace",
        "kubernetes-admin,                      credential-proxy, uid-1, in the agents' namespace",
        "system:serviceaccount:agents:tools,    clawpod-spawner,  uid-1, another audience",
        "system:serviceaccount:agents:tools,    '',               uid-1, another audience",
        "system:serviceaccount:agents:tools,    credential-proxy, '',    not bound to a pod",
    })
    void onlyATokenOfAPodAmongTheAgentsForUsCounts(String user, String audience, String uid, String reason) {
        TokenReviewStatusBuilder answered = status(user);
        answered.withAudiences(audience.isEmpty() ? List.of() : List.of(audience));
        if (uid.isEmpty()) {
            answered.editUser()
                    .removeFromExtra("authentication.kubernetes.io/pod-uid")
                    .endUser();
        }
        Review verdict = AccountReviews.verdict(answered.build(), "agents");
        assertTrue(
                verdict instanceof Review.Rejected rejected && rejected.reason().contains(reason), "" + verdict);
    }
}
