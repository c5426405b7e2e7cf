package io.clawpod.proxy.audit;

import java.util.Locale;

/** How a call ended. */
public enum End {
    /** The upstream's answer reached the client whole. */
    COMPLETED,
    /** Nothing was sent to an upstream; the client got a problem. */
    REFUSED,
    /** The upstream failed before its answer began; the client got a problem. */
    FAILED,
    /** The upstream failed within its answer; the client's connection was broken off. */
    BROKEN,
    /** The client went away. */
    CLIENT_GONE,
    /** The caller's pod ended within the call. */
    CUT;

    private final String label = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /** The end as it is written: lower case, with dashes. */
    public String label() {
        return label;
    }
}
