package io.clawpod.common;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a session's token says: a JWT (RFC 7519) that the spawner signs for one pod and the credential proxy checks. The
 * agent holds it in place of an API key. It is worth nothing once the pod with {@code podUid} has ended.
 *
 * @param issuer claim {@code iss}
 * @param session claim {@code sub}, written {@code install/key}
 * @param group claim {@code group}: the agent group that policies match; absent if the session has none
 * @param role claim {@code role}: the role within the group; absent if the session has none
 * @param namespace claim {@code ns}: the namespace of the pod
 * @param podName claim {@code pod}
 * @param podUid claim {@code uid}: metadata.uid of the pod
 * @param issuedAt claim {@code iat}, in whole seconds
 * @param expiresAt claim {@code exp}, in whole seconds
 * @param id claim {@code jti}: unique to this token
 */
public record SessionToken(
        String issuer,
        SessionKey session,
        @Nullable String group,
        @Nullable String role,
        String namespace,
        String podName,
        String podUid,
        Instant issuedAt,
        Instant expiresAt,
        String id) {
    /** The audience (claim {@code aud}) of every session token, and of ServiceAccount tokens that serve as one. */
    public static final String AUDIENCE = "credential-proxy";
}
