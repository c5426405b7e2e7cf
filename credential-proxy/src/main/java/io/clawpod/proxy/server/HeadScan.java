package io.clawpod.proxy.server;

import org.jspecify.annotations.Nullable;

/**
 * Reads a head byte by byte for what Netty's decoder repairs without a word, and another reader may understand otherwise: a
 * header that goes on in the next line (RFC 9112 section 5.2), white space before the request line, and anything but
 * single spaces within it (section 3). Pure.
 */
final class HeadScan {
    private enum At {
        START,
        REQUEST_LINE,
        LINE_START,
        LINE,
        LAST_LINE,
        END
    }

    private At at = At.START;

    /** Takes the head's next byte; what is wrong with it, or null if nothing is. */
    @Nullable
    String read(byte b) {
        switch (at) {
            case START -> {
                // Empty lines before a request are allowed (RFC 9112 section 2.2).
                if (b != '\r' && b != '\n') {
                    if (control(b) || b == ' ') {
                        return "white space before the request line";
                    }
                    at = At.REQUEST_LINE;
                }
            }
            case REQUEST_LINE -> {
                if (b == '\n') {
                    at = At.LINE_START;
                } else if (control(b) && b != '\r') {
                    return "a control character in the request line";
                }
            }
            case LINE_START -> {
                if (b == ' ' || b == '\t') {
                    return "a header that goes on in the next line";
                }
                at = b == '\r' ? At.LAST_LINE : b == '\n' ? At.END : At.LINE;
            }
            case LINE -> at = b == '\n' ? At.LINE_START : At.LINE;
            case LAST_LINE -> at = b == '\n' ? At.END : At.LINE;
            case END -> throw new IllegalStateException("the head has ended");
        }
        return null;
    }

    /** Whether nothing but the line's end means anything in what comes next. */
    boolean withinLine() {
        return at == At.LINE;
    }

    boolean ended() {
        return at == At.END;
    }

    private static boolean control(byte b) {
        return (b >= 0 && b < ' ') || b == 0x7f;
    }
}
