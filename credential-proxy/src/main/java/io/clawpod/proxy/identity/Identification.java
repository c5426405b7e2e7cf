package io.clawpod.proxy.identity;

import io.clawpod.common.Problem;
import io.clawpod.common.SessionToken;

/** What was found out about a caller. */
public sealed interface Identification {
    /** A live pod, by its own token. */
    record Identified(SessionToken token) implements Identification {}

    /** Not let through, and why. */
    record Refused(Problem problem) implements Identification {}
}
