package io.clawpod.spawner.archive;

import io.clawpod.spawner.session.CredentialText;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes secrets out of the lines of one log, in their order: what looks like a credential, and session tokens, which are signed
 * tokens. A private key goes from its first line to its last. Not thread-safe.
 */
final class Scrub {
    /**
     * How much of a line that is cut has to be held back, so that no secret is cut in two: more than it takes to tell one.
     */
    static final int OVERLAP = 1 << 13;

    private static final byte[] STARS = "***".getBytes(StandardCharsets.US_ASCII);
    private static final Pattern SECRET =
            Pattern.compile(CredentialText.ISSUED + "|" + CredentialText.SIGNED + "(?:\\.[A-Za-z0-9_-]*)?");
    private static final String KEY_BEGIN = "-----BEGIN ";
    private static final String KEY_END = "-----END ";
    /** Of an RSA key of 16384 bits there are 200; what is no key is not swallowed for ever. */
    private static final int MAX_KEY_LINES = 256;

    private long count;
    private int keyLinesLeft;
    // The rest of a secret whose beginning was in the part of the line before.
    private boolean inSecret;

    /** How many secrets were taken out so far. */
    long count() {
        return count;
    }

    /** Goes on with a log in which so many were taken out before. */
    void resume(long before) {
        count = before;
        keyLinesLeft = 0;
        inSecret = false;
    }

    /**
     * Passes a line, or a part of one that is too long.
     *
     * @param text from where in {@code bytes} on the agent's own words begin
     * @param whole whether the line ends here; else more of it follows, behind what this hands on
     * @return how many bytes were dealt with: all of {@code length}, if {@code whole}
     */
    int pass(byte[] bytes, int length, int text, boolean whole, ByteArrayOutputStream to) {
        int from = 0;
        if (inSecret) {
            while (from < length && isToken(bytes[from])) {
                from++;
            }
            inSecret = from == length && !whole;
        }
        if (keyLinesLeft > 0) {
            String line = new String(bytes, text, length - text, StandardCharsets.ISO_8859_1);
            if (isOfKey(line)) {
                return passKey(bytes, length, text, line, whole, to);
            }
            keyLinesLeft = 0;
        }
        int limit = whole ? length : Math.max(from, length - OVERLAP);
        if (!mayHold(bytes, from, length)) {
            to.write(bytes, from, limit - from);
            return limit;
        }
        return passMatches(bytes, from, length, limit, whole, to);
    }

    private int passMatches(byte[] bytes, int start, int length, int limit, boolean whole, ByteArrayOutputStream to) {
        // One character for each byte, so that places are the same.
        String line = new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
        Matcher secrets = SECRET.matcher(line);
        int from = start;
        int end = limit;
        while (secrets.find(from)) {
            if (secrets.start() >= end) {
                break;
            }
            boolean toTheEnd = secrets.end() == length && !whole;
            if (toTheEnd && secrets.start() > start) {
                // It may go on: its beginning is kept for the next part.
                end = secrets.start();
                break;
            }
            to.write(bytes, from, secrets.start() - from);
            to.writeBytes(STARS);
            count++;
            from = secrets.end();
            inSecret = toTheEnd;
            if (secrets.group().startsWith(KEY_BEGIN)) {
                int last = line.indexOf(KEY_END, from);
                from = last < 0 ? endOfText(bytes, length) : afterMark(line, last);
                keyLinesLeft = last < 0 ? MAX_KEY_LINES : 0;
            }
        }
        end = Math.max(from, end);
        to.write(bytes, from, end - from);
        return end;
    }

    private static int endOfText(byte[] bytes, int length) {
        return length > 0 && bytes[length - 1] == '\n' ? length - 1 : length;
    }

    private static int afterMark(String line, int mark) {
        int dashes = line.indexOf("-----", mark + KEY_END.length());
        return dashes < 0 ? mark + KEY_END.length() : dashes + 5;
    }

    /** Whether the line is one of a private key (RFC 7468, and the headers of RFC 1421). */
    private static boolean isOfKey(String line) {
        String text = line.strip();
        return text.contains(KEY_END)
                || text.startsWith("Proc-Type:")
                || text.startsWith("DEK-Info:")
                || text.chars().allMatch(c -> isToken((byte) c) || c == '+' || c == '/' || c == '=');
    }

    /** A line of a private key: its time stays, and its break. */
    private int passKey(byte[] bytes, int length, int text, String line, boolean whole, ByteArrayOutputStream to) {
        int end = endOfText(bytes, length);
        if (line.contains(KEY_END)) {
            keyLinesLeft = 0;
        } else if (whole) {
            keyLinesLeft--;
        }
        to.write(bytes, 0, Math.min(text, end));
        to.writeBytes(STARS);
        to.write(bytes, end, length - end);
        return length;
    }

    private static boolean isToken(byte b) {
        return (b >= 'a' && b <= 'z')
                || (b >= 'A' && b <= 'Z')
                || (b >= '0' && b <= '9')
                || b == '-'
                || b == '_'
                || b == '.';
    }

    /** Whether one of the marks is in it by which every secret is told; looks once at each byte, and makes nothing. */
    static boolean mayHold(byte[] bytes, int from, int to) {
        for (int i = from; i + 2 < to; i++) {
            byte next = bytes[i + 1];
            byte third = bytes[i + 2];
            boolean mark = switch (bytes[i]) {
                case 's' -> next == 'k' && third == '-';
                case 'g' ->
                    (next == 'h' && i + 3 < to && (bytes[i + 3] == '_'))
                            || (next == 'i' && third == 't')
                            || (next == 'l' && third == 'p');
                case 'x' -> next == 'o' && third == 'x';
                case 'A' ->
                    (next == 'K' && third == 'I') || (next == 'S' && third == 'I') || (next == 'I' && third == 'z');
                case 'e' -> next == 'y' && third == 'J';
                case '-' -> next == '-' && third == '-';
                case ':' -> next == '/' && third == '/';
                default -> false;
            };
            if (mark) {
                return true;
            }
        }
        return false;
    }
}
