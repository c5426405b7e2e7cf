package io.clawpod.spawner.session;

import io.clawpod.common.Problem;

/** Asks the cluster whose a token is (Kubernetes API, TokenReview). Blocks. */
public interface TokenReviews {
    /** The audience that a ServiceAccount token for the spawner must have. */
    String AUDIENCE = "clawpod-spawner";

    Review review(String token);

    /** What the cluster says. */
    sealed interface Review {
        /** @param name {@code namespace/name} */
        record ServiceAccount(String name) implements Review {}

        /** Not a ServiceAccount's token for us. */
        record Rejected() implements Review {}

        record Unavailable(Problem problem) implements Review {}
    }
}
