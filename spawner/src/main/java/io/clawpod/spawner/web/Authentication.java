package io.clawpod.spawner.web;

import io.smallrye.mutiny.Uni;
import org.jspecify.annotations.Nullable;

/** Says who calls. */
@FunctionalInterface
public interface Authentication {
    /**
     * The caller's name, for logs; fails with a Refusal if it is not known, or cannot be told for now. Does not block.
     *
     * @param authorization the request's Authorization header (RFC 6750 section 2.1); absent without one
     */
    Uni<String> caller(@Nullable String authorization);
}
