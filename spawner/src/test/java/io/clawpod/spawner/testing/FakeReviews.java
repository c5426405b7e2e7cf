package io.clawpod.spawner.testing;

import io.clawpod.spawner.session.TokenReviews;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Knows tokens, and remembers which it was asked about. */
public final class FakeReviews implements TokenReviews {
    public final Map<String, Review> known = new HashMap<>();
    public final List<String> asked = new ArrayList<>();

    @Override
    public Review review(String token) {
        asked.add(token);
        return known.getOrDefault(token, new Review.Rejected());
    }
}
