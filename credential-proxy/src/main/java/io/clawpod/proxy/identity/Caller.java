package io.clawpod.proxy.identity;

import io.clawpod.common.SessionKey;
import io.clawpod.common.SessionToken;
import org.jspecify.annotations.Nullable;

/**
 * Who calls: a live pod of the agents' namespace.
 *
 * @param session that the pod carries; absent for a pod that the spawner did not make
 * @param account the ServiceAccount, as {@code namespace/name}, whose token the pod sent; absent if it sent a session token
 * @param group the agent group that policies match
 * @param role the role within the group
 * @param podUid metadata.uid: what calls are counted and cut by
 */
public record Caller(
        @Nullable SessionKey session,
        @Nullable String account,
        @Nullable String group,
        @Nullable String role,
        String podName,
        String podUid) {

    static Caller of(SessionToken token) {
        return new Caller(token.session(), null, token.group(), token.role(), token.podName(), token.podUid());
    }

    /** A ServiceAccount token says nothing of groups, so its pod does. */
    static Caller of(String account, WatchedPod pod) {
        return new Caller(pod.session(), account, pod.group(), pod.role(), pod.name(), pod.uid());
    }
}
