package io.clawpod.proxy.scrub;

import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * Cleans the frames that a WebSocket's server sends (RFC 6455 section 5.2), as they stream by. A message's payload is one
 * text, however many frames it comes in and whatever control frames stand between them; so is each control frame's.
 *
 * <p>A message's last frame, which most often is its only one, goes on with the length it has: its head at once, its payload
 * as it is read, and what was held back at its end. Of other frames of a message only what can go on is sent, as a frame of
 * its own, and what is held back goes on with the next: so no frame is ever left unfinished while a control frame is due.
 * An intermediary may fragment a message anew where no extension was agreed on (section 5.4). Constant memory. Confined to
 * one thread at a time.
 */
public final class FrameScrub {
    private static final int FIN = 0x80;
    private static final int RESERVED = 0x70;
    private static final int CONTROL = 0x08;
    private static final int CONTINUATION = 0;
    private static final int BINARY = 2;
    private static final int CLOSE = 8;
    private static final int PONG = 10;
    private static final int MASKED = 0x80;
    private static final int MAX_CONTROL = 125;
    private static final int TWO_BYTES = 126;
    private static final int EIGHT_BYTES = 127;

    private final Patterns patterns;
    private final byte[] head = new byte[10];
    private int read;
    private boolean within;
    private long left;
    private Scrub text;
    private @Nullable Scrub message;
    private int type;
    private boolean closing;

    FrameScrub(Patterns patterns) {
        this.patterns = patterns;
        this.text = patterns.scrub();
    }

    /**
     * Takes the next bytes.
     *
     * @param to gets what can go on by now, which is right as far as it goes also if this fails
     * @throws Undecodable if these are no frames of a server without extensions; nothing may be fed any more
     */
    public void feed(Buffer chunk, Buffer to) throws Undecodable {
        int at = 0;
        while (at < chunk.length()) {
            if (!within) {
                head[read++] = chunk.getByte(at++);
                if (headRead()) {
                    begin(to);
                }
            } else {
                int length = (int) Math.min(left, chunk.length() - at);
                payload(text.feed(chunk.slice(at, at + length)), to);
                at += length;
                left -= length;
            }
            if (within && left == 0) {
                end(to);
            }
        }
    }

    /** Whether the bytes so far end where a server may end: behind a message or a close frame. */
    public boolean whole() {
        return read == 0 && (message == null || closing);
    }

    /** Checks a frame's head as far as it has come, and says whether that is all of it. */
    private boolean headRead() throws Undecodable {
        if (read == 1) {
            checkKind();
            return false;
        }
        int length = head[1] & 0xff;
        if (read == 2) {
            if ((length & MASKED) != 0) {
                throw new Undecodable("a server's frame that is masked");
            }
            if (control() && length > MAX_CONTROL) {
                throw new Undecodable("a control frame that is too long");
            }
        }
        int size = length == EIGHT_BYTES ? 10 : length == TWO_BYTES ? 4 : 2;
        if (read < size) {
            return false;
        }
        left = length;
        if (size > 2) {
            left = 0;
            for (int i = 2; i < size; i++) {
                left = left << 8 | (head[i] & 0xff);
            }
            // A negative one has the bit set that must be 0.
            if (left < (size == 4 ? TWO_BYTES : 0x10000)) {
                throw new Undecodable("a frame whose length is not written as it must be");
            }
        }
        return true;
    }

    private void checkKind() throws Undecodable {
        int kind = kind();
        if ((head[0] & RESERVED) != 0) {
            throw new Undecodable("a frame of an extension that was not agreed on");
        }
        if (kind > PONG || (kind > BINARY && kind < CLOSE)) {
            throw new Undecodable("a frame of an unknown kind");
        }
        if (control()) {
            if (!last()) {
                throw new Undecodable("a control frame in fragments");
            }
        } else if ((kind == CONTINUATION) == (message == null)) {
            throw new Undecodable("a fragment out of its order");
        }
    }

    private int kind() {
        return head[0] & 0x0f;
    }

    private boolean control() {
        return (head[0] & CONTROL) != 0;
    }

    private boolean last() {
        return (head[0] & FIN) != 0;
    }

    private void begin(Buffer to) throws Undecodable {
        within = true;
        if (control()) {
            text = patterns.scrub();
            writeHead(FIN | kind(), left, to);
            return;
        }
        Scrub begun = message;
        if (begun == null) {
            begun = patterns.scrub();
            message = begun;
            type = kind();
        }
        text = begun;
        if (last()) {
            long length = left + begun.held();
            if (length < 0) {
                throw new Undecodable("a frame too long to tell");
            }
            writeHead(FIN | type, length, to);
        }
    }

    private void payload(Buffer ready, Buffer to) {
        if (!last() && ready.length() > 0) {
            writeHead(type, ready.length(), to);
            type = CONTINUATION;
        }
        to.appendBuffer(ready);
    }

    private void end(Buffer to) {
        if (last()) {
            to.appendBuffer(text.end());
            if (control()) {
                closing |= kind() == CLOSE;
            } else {
                message = null;
            }
        }
        within = false;
        read = 0;
    }

    private static void writeHead(int first, long length, Buffer to) {
        to.appendByte((byte) first);
        if (length < TWO_BYTES) {
            to.appendByte((byte) length);
        } else if (length <= 0xffff) {
            to.appendByte((byte) TWO_BYTES).appendUnsignedShort((int) length);
        } else {
            to.appendByte((byte) EIGHT_BYTES).appendLong(length);
        }
    }
}
