package io.clawpod.proxy.policy;

/** What a route's policies say of a call. */
public enum Decision {
    /** A policy allows it and none denies it. */
    ALLOWED,
    /** A policy denies it. */
    DENIED,
    /** No policy allows it. */
    NOT_ALLOWED,
    /** Its path could be read in a way that no policy can be asked about. */
    UNDECIDABLE
}
