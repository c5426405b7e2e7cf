package io.clawpod.proxy.identity;

import io.clawpod.common.Problem;

/** What was found out about a caller. */
public sealed interface Identification {
    /** A live pod, by its own token. */
    record Identified(Caller caller) implements Identification {}

    /** Not let through, and why. */
    record Refused(Problem problem) implements Identification {}
}
