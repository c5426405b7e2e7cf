package io.clawpod.proxy.exchange;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads the tokens that a call used out of Anthropic's answers as they stream by: the members of {@code usage} at the top of a
 * message or of a {@code message_delta} event, and within {@code message} of a {@code message_start} event. Keeps a few
 * dozen bytes, whatever comes; text that is no JSON yields nothing. The numbers of one answer are running totals, so the
 * greatest of each kind counts. Confined to one thread at a time.
 */
final class TokenUsage {
    private static final int MAX_KEY = 32;
    /** More digits than any count has, and few enough for a long. */
    private static final int MAX_DIGITS = 15;

    private static final byte[][] KINDS = {
        bytes("input_tokens"),
        bytes("output_tokens"),
        bytes("cache_creation_input_tokens"),
        bytes("cache_read_input_tokens")
    };
    private static final byte[] USAGE = bytes("usage");
    private static final byte[] MESSAGE = bytes("message");

    private final boolean events;
    private final long[] totals = new long[KINDS.length];
    private final byte[] key = new byte[MAX_KEY];
    private int keyLength;
    private boolean inString;
    private boolean escaped;
    private boolean valueFollows;
    private int depth;
    /** The depth of the object {@code message}, and of the usage object; 0 while not within one. */
    private int message;

    private int usage;
    private int kind = -1;
    private long number;
    private int digits;

    private TokenUsage(boolean events) {
        this.events = events;
    }

    /** A reader for an answer of this Content-Type; null if answers of that type have no usage. */
    static @Nullable TokenUsage of(@Nullable String contentType) {
        String type =
                contentType == null ? "" : contentType.split(";", 2)[0].trim().toLowerCase(Locale.ROOT);
        if (type.equals("text/event-stream")) {
            return new TokenUsage(true);
        }
        return type.equals("application/json") ? new TokenUsage(false) : null;
    }

    long input() {
        return totals[0];
    }

    long output() {
        return totals[1];
    }

    long cacheCreation() {
        return totals[2];
    }

    long cacheRead() {
        return totals[3];
    }

    void read(Buffer chunk) {
        byte[] bytes = chunk.getBytes();
        int at = 0;
        while (at < bytes.length) {
            if (!inString) {
                structure(bytes[at++]);
            } else if (escaped) {
                escaped = false;
                at++;
            } else {
                int from = at;
                at = PlainText.end(bytes, from);
                keep(bytes, from, at);
                if (at < bytes.length) {
                    string(bytes[at++]);
                }
            }
        }
    }

    /** Keeps a string's beginning, which may be a key; one that is longer than any of ours is not worth keeping. */
    private void keep(byte[] bytes, int from, int to) {
        int length = to - from;
        if (length > MAX_KEY - keyLength) {
            keyLength = MAX_KEY + 1;
        } else {
            System.arraycopy(bytes, from, key, keyLength, length);
            keyLength += length;
        }
    }

    /** Takes a byte within a string that is not plain. */
    private void string(byte b) {
        if (b == '"') {
            inString = false;
        } else if (b == '\\') {
            escaped = true;
            keyLength = MAX_KEY + 1; // no key of ours has an escape
        } else if (events) {
            line();
        } else {
            keyLength = MAX_KEY + 1; // a line end within a string is no JSON, and no key of ours
        }
    }

    private void structure(byte b) {
        if (kind >= 0 && b >= '0' && b <= '9') {
            number = digits < MAX_DIGITS ? number * 10 + (b - '0') : number;
            digits++;
            return;
        }
        switch (b) {
            case '"' -> {
                ended();
                keyLength = 0;
                inString = true;
            }
            case ':' -> colon();
            case '{', '[' -> open(b == '{');
            case '}', ']' -> close();
            case ',' -> {
                ended();
                valueFollows = false;
            }
            case '\n' -> {
                ended();
                if (events) {
                    line();
                }
            }
            case ' ', '\t', '\r' -> {
                if (digits > 0) {
                    ended();
                }
            }
            default -> kind = -1; // a fraction, an exponent or a word is no count
        }
    }

    private void colon() {
        valueFollows = true;
        kind = -1;
        if (usage > 0 && depth == usage) {
            for (int i = 0; i < KINDS.length; i++) {
                if (is(KINDS[i])) {
                    kind = i;
                    number = 0;
                    digits = 0;
                }
            }
        }
    }

    private void open(boolean object) {
        kind = -1;
        depth++;
        if (object && valueFollows) {
            boolean top = depth == 2 || (message > 0 && depth == message + 1);
            if (usage == 0 && top && is(USAGE)) {
                usage = depth;
            } else if (depth == 2 && is(MESSAGE)) {
                message = depth;
            }
        }
        valueFollows = false;
    }

    private void close() {
        ended();
        if (usage == depth) {
            usage = 0;
        }
        if (message == depth) {
            message = 0;
        }
        depth = Math.max(0, depth - 1);
        valueFollows = false;
    }

    private void ended() {
        if (kind >= 0 && digits > 0 && digits <= MAX_DIGITS) {
            totals[kind] = Math.max(totals[kind], number);
        }
        kind = -1;
    }

    /** An event's data is one line of JSON, so each line begins anew; what a broken one leaves open is forgotten. */
    private void line() {
        inString = false;
        escaped = false;
        valueFollows = false;
        depth = 0;
        message = 0;
        usage = 0;
        kind = -1;
    }

    private boolean is(byte[] name) {
        return Arrays.equals(key, 0, Math.min(keyLength, MAX_KEY), name, 0, name.length) && keyLength <= MAX_KEY;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
