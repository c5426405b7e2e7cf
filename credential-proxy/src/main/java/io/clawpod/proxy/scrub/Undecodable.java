package io.clawpod.proxy.scrub;

/** A body that cannot be read, and so cannot be scrubbed: broken, cut short, unknown, or swelling beyond all measure. */
public final class Undecodable extends Exception {
    private static final long serialVersionUID = 1;

    /** @param message what was met; holds nothing of the body */
    public Undecodable(String message) {
        super(message);
    }
}
