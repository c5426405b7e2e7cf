package io.clawpod.proxy.scrub;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Takes gzip (RFC 1952) or deflate (RFC 9110 section 8.4.1.2) off a body as it streams by. The reader pulls pieces of at most
 * {@link #PIECE} bytes, so a few bytes that stand for many megabytes never lie in memory at once. Confined to one thread at
 * a time; {@link #close()} gives native memory back.
 */
public final class Inflation implements AutoCloseable {
    static final int PIECE = 16 * 1024;
    /** Up to here a body may swell as it likes. */
    static final long FREE = 16L * 1024 * 1024;
    /** Beyond, by how much at most; text seldom comes near 20, and deflate's greatest is 1032. */
    static final long RATIO = 100;

    private enum At {
        SNIFF,
        HEAD,
        EXTRA_LENGTH,
        EXTRA,
        NAME,
        COMMENT,
        HEAD_CHECK,
        DATA,
        TRAILER,
        DONE
    }

    private final boolean gzip;
    private final byte[] piece = new byte[PIECE];
    private final byte[] field = new byte[10];
    private final CRC32 check = new CRC32();
    private Inflater inflater = new Inflater(true);
    private byte[] in = {};
    private int at;
    private int read;
    private int flags;
    private At state;
    private long consumed;
    private long produced;
    private long ofMember;
    private boolean closed;

    private Inflation(boolean gzip) {
        this.gzip = gzip;
        this.state = gzip ? At.HEAD : At.SNIFF;
    }

    /**
     * How to take a body's coding off.
     *
     * @param codings the lines of Content-Encoding
     * @return null if there is nothing to take off
     * @throws Undecodable if it is neither gzip nor deflate alone
     */
    public static @Nullable Inflation of(List<String> codings) throws Undecodable {
        List<String> names = names(codings);
        if (names.isEmpty()) {
            return null;
        }
        if (names.equals(List.of("gzip")) || names.equals(List.of("x-gzip"))) {
            return new Inflation(true);
        }
        if (names.equals(List.of("deflate"))) {
            return new Inflation(false);
        }
        throw new Undecodable("a content coding other than gzip and deflate, unasked");
    }

    /** Whether these lines of Content-Encoding name any coding. */
    public static boolean coded(List<String> codings) {
        return !names(codings).isEmpty();
    }

    private static List<String> names(List<String> codings) {
        if (codings.isEmpty()) {
            return List.of();
        }
        return codings.stream()
                .flatMap(line -> Arrays.stream(line.split(",", -1)))
                .map(name -> name.trim().toLowerCase(Locale.ROOT))
                .filter(name -> !name.isEmpty() && !name.equals("identity"))
                .toList();
    }

    /** Takes the next bytes; those before must have been used up: {@link #next()} has given null. */
    public void feed(byte[] bytes) {
        in = bytes;
        at = 0;
        consumed += bytes.length;
    }

    /**
     * The next piece of the plain body.
     *
     * @return null if more bytes are wanted
     * @throws Undecodable if the bytes are no such body, or a bomb
     */
    public byte @Nullable [] next() throws Undecodable {
        while (true) {
            if (state == At.DATA) {
                int length = inflate();
                if (length > 0) {
                    return Arrays.copyOf(piece, length);
                }
                if (state == At.DATA) {
                    return null;
                }
            } else if (at == in.length) {
                return null;
            } else {
                frame(in[at]);
            }
        }
    }

    /**
     * Says that no bytes follow.
     *
     * @throws Undecodable if the body is cut short
     */
    public void end() throws Undecodable {
        boolean whole = state == At.DONE || (state == At.HEAD && read == 0) || consumed == 0;
        if (!whole) {
            throw new Undecodable("a compressed body that is cut short");
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            inflater.end();
        }
    }

    private int inflate() throws Undecodable {
        if (inflater.needsInput() && at < in.length) {
            inflater.setInput(in, at, in.length - at);
            at = in.length;
        }
        int length;
        try {
            length = inflater.inflate(piece);
        } catch (DataFormatException e) {
            throw new Undecodable("a compressed body that is broken");
        }
        if (inflater.needsDictionary()) {
            throw new Undecodable("a compressed body that wants a dictionary");
        }
        if (inflater.finished()) {
            at = in.length - inflater.getRemaining();
            state = gzip ? At.TRAILER : At.DONE;
            read = 0;
        }
        check.update(piece, 0, length);
        ofMember += length;
        produced += length;
        if (produced > FREE && produced / RATIO > consumed) {
            throw new Undecodable("a compressed body that swells beyond measure");
        }
        return length;
    }

    /** Reads one byte of what stands around the deflated data. */
    private void frame(byte b) throws Undecodable {
        switch (state) {
            case SNIFF -> {
                // Some servers mean the bare format by "deflate"; zlib's first byte says 8 for its method (RFC 1950).
                if ((b & 0x0f) == 8 && (b & 0xf0) <= 0x70) {
                    inflater.end();
                    inflater = new Inflater(false);
                }
                state = At.DATA;
            }
            case HEAD -> head(b);
            case EXTRA_LENGTH -> {
                field[read++] = b;
                at++;
                if (read == 2) {
                    read = (field[0] & 0xff) | (field[1] & 0xff) << 8;
                    state = At.EXTRA;
                    skipEmptyExtra();
                }
            }
            case EXTRA -> {
                at++;
                read--;
                skipEmptyExtra();
            }
            case NAME -> {
                at++;
                if (b == 0) {
                    flags &= ~0x08;
                    field();
                }
            }
            case COMMENT -> {
                at++;
                if (b == 0) {
                    flags &= ~0x10;
                    field();
                }
            }
            case HEAD_CHECK -> {
                at++;
                if (++read == 2) {
                    flags &= ~0x02;
                    field();
                }
            }
            case TRAILER -> {
                field[read++] = b;
                at++;
                if (read == 8) {
                    if (number(0) != (int) check.getValue() || number(4) != (int) ofMember) {
                        throw new Undecodable("a compressed body whose check fails");
                    }
                    state = At.HEAD; // another member may follow
                    read = 0;
                    inflater.reset();
                    check.reset();
                    ofMember = 0;
                }
            }
            case DONE -> throw new Undecodable("bytes behind a compressed body");
            case DATA -> throw new IllegalStateException("data is no frame");
        }
    }

    private void head(byte b) throws Undecodable {
        field[read++] = b;
        at++;
        if (read < 10) {
            return;
        }
        flags = field[3] & 0xff;
        if (field[0] != 0x1f || field[1] != (byte) 0x8b || field[2] != 8 || (flags & 0xe0) != 0) {
            throw new Undecodable("a body that is not gzip");
        }
        field();
    }

    private void skipEmptyExtra() {
        if (read == 0) {
            flags &= ~0x04;
            field();
        }
    }

    /** Goes to the next optional field of gzip's head, or to its data. */
    private void field() {
        read = 0;
        if ((flags & 0x04) != 0) {
            state = At.EXTRA_LENGTH;
        } else if ((flags & 0x08) != 0) {
            state = At.NAME;
        } else if ((flags & 0x10) != 0) {
            state = At.COMMENT;
        } else if ((flags & 0x02) != 0) {
            state = At.HEAD_CHECK;
        } else {
            state = At.DATA;
        }
    }

    private int number(int from) {
        return (field[from] & 0xff)
                | (field[from + 1] & 0xff) << 8
                | (field[from + 2] & 0xff) << 16
                | (field[from + 3] & 0xff) << 24;
    }
}
