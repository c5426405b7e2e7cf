package io.clawpod.spawner.cluster;

import io.clawpod.spawner.session.TokenReviews;
import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;

/** Has the API server review tokens. Blocks; thread-safe. */
public final class ClusterTokenReviews implements TokenReviews {
    private static final String SERVICE_ACCOUNT = "system:serviceaccount:";

    private final KubernetesClient client;

    public ClusterTokenReviews(KubernetesClient client) {
        this.client = client;
    }

    @Override
    public Review review(String token) {
        TokenReview request = new TokenReviewBuilder()
                .withNewSpec()
                .withToken(token)
                .withAudiences(AUDIENCE)
                .endSpec()
                .build();
        try {
            return verdict(client.tokenReviews().create(request).getStatus());
        } catch (KubernetesClientException e) {
            return new Review.Unavailable(ClusterErrors.problem(e, "review the caller's token"));
        }
    }

    private static Review verdict(TokenReviewStatus status) {
        List<String> audiences = status.getAudiences() == null ? List.of() : status.getAudiences();
        boolean ours = Boolean.TRUE.equals(status.getAuthenticated())
                && audiences.contains(AUDIENCE)
                && status.getUser() != null
                && status.getUser().getUsername() != null
                && status.getUser().getUsername().startsWith(SERVICE_ACCOUNT);
        if (!ours) {
            return new Review.Rejected();
        }
        String name = status.getUser().getUsername().substring(SERVICE_ACCOUNT.length());
        return new Review.ServiceAccount(name.replace(':', '/'));
    }
}
