package io.clawpod.proxy.identity;

import io.clawpod.common.SessionToken;

/** The pod that a caller's token was made for. */
record Claim(String namespace, String podName, String podUid) {
    static Claim of(SessionToken token) {
        return new Claim(token.namespace(), token.podName(), token.podUid());
    }
}
