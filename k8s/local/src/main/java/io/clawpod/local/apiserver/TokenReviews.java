package io.clawpod.local.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clawpod.common.Digests;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Answers TokenReviews by the tokens that were registered; nothing else is authenticated.
 *
 * @see <a href="https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/">TokenReview</a>
 */
final class TokenReviews {
    private record Known(String namespace, String serviceAccount, Set<String> audiences) {}

    private final Map<String, Known> byDigest = new ConcurrentHashMap<>();

    void register(String token, String namespace, String serviceAccount, Set<String> audiences) {
        byDigest.put(digest(token), new Known(namespace, serviceAccount, Set.copyOf(audiences)));
    }

    private static String digest(String token) {
        return Digests.hex("SHA-256", token.getBytes(StandardCharsets.UTF_8), 64);
    }

    /** @param review is completed with its status and given back */
    ObjectNode review(ObjectNode review) {
        JsonNode spec = review.path("spec");
        ObjectNode status = review.putObject("status");
        Known known = byDigest.get(digest(spec.path("token").asText("")));
        if (known == null) {
            status.put("authenticated", false).put("error", "invalid bearer token");
            return review;
        }
        ArrayNode audiences = review.arrayNode();
        for (JsonNode audience : spec.path("audiences")) {
            if (known.audiences().contains(audience.asText())) {
                audiences.add(audience.asText());
            }
        }
        if (audiences.isEmpty() && !spec.path("audiences").isEmpty()) {
            status.put("authenticated", false).put("error", "token audiences are invalid for the target audiences");
            return review;
        }
        status.put("authenticated", true).set("audiences", audiences);
        ObjectNode user = status.putObject("user");
        user.put("username", "system:serviceaccount:" + known.namespace() + ":" + known.serviceAccount());
        user.putArray("groups")
                .add("system:serviceaccounts")
                .add("system:serviceaccounts:" + known.namespace())
                .add("system:authenticated");
        return review;
    }
}
