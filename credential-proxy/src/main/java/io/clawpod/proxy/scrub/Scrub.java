package io.clawpod.proxy.scrub;

import io.vertx.core.buffer.Buffer;
import java.util.Arrays;

/**
 * Cleans one body as it streams by. What is given out does not depend on where the chunks end. Held back is only what
 * may be a secret's beginning: less than the longest form of a secret, and nothing after an event's empty line.
 * Confined to one thread at a time.
 */
public final class Scrub {
    private static final byte[] NOTHING = {};

    private final Masking masking;
    private byte[] held = NOTHING;

    Scrub(Masking masking) {
        this.masking = masking;
    }

    /** Takes the next chunk, and gives what can go on by now; perhaps nothing, perhaps some of the chunks before. */
    public Buffer feed(Buffer chunk) {
        int before = held.length;
        byte[] text;
        if (before == 0) {
            text = chunk.getBytes();
        } else {
            text = Arrays.copyOf(held, before + chunk.length());
            chunk.getBytes(text, before);
        }
        boolean masked = masking.mask(text, before);
        int after = masking.held();
        int ready = text.length - after;
        held = after == 0 ? NOTHING : Arrays.copyOfRange(text, ready, text.length);
        if (masked || before > 0) {
            return Buffer.buffer(ready).appendBytes(text, 0, ready);
        }
        return after == 0 ? chunk : chunk.slice(0, ready);
    }

    /** What was held back, once no chunk follows. */
    public Buffer end() {
        Buffer rest = Buffer.buffer(held);
        held = NOTHING;
        return rest;
    }

    /** How many bytes are held back. */
    int held() {
        return held.length;
    }
}
