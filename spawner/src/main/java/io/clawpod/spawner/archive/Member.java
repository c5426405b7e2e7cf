package io.clawpod.spawner.archive;

import io.clawpod.spawner.session.LogPlace;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * A piece of a stored log: a member of a gzip file (RFC 1952), so that any gunzip reads the file. An extra field of its header,
 * as BGZF has one, says how long it is and how far the log has come with it; so a file is walked through, and a log taken up
 * again, without unpacking anything.
 */
final class Member {
    private static final int FIXED = 12;
    private static final int FIELD = 4;
    private static final int TRAILER = 8;
    private static final byte ID_1 = 'C';
    private static final byte ID_2 = 'p';
    private static final byte FORM = 1;
    private static final int CONTENT = 1 + 4 + 4 + 4 + 8 + 8 + 8 + 1 + 8 + 4 + 4 + 4 + 1 + 8;
    /** How long a head is, in bytes. */
    static final int HEAD = FIXED + FIELD + CONTENT;

    /**
     * What a member says of itself.
     *
     * @param length of the member, in bytes
     * @param raw bytes when unpacked
     * @param lines line breaks in it
     * @param totals of the log with this member
     * @param place how far the agent's log is stored; absent if no line of it had a time
     */
    record Head(
            int length,
            int raw,
            int lines,
            Totals totals,
            @Nullable LogPlace place) {}

    /** Counts over a whole log. */
    record Totals(long bytes, long lines, long scrubbed) {
        static final Totals NONE = new Totals(0, 0, 0);
    }

    private Member() {}

    /** @return the member's bytes */
    static byte[] pack(byte[] raw, int count, int lines, Totals totals, @Nullable LogPlace place) {
        Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
        ByteArrayOutputStream packed = new ByteArrayOutputStream(Math.max(64, count / 4));
        try {
            deflater.setInput(raw, 0, count);
            deflater.finish();
            byte[] piece = new byte[8192];
            while (!deflater.finished()) {
                packed.write(piece, 0, deflater.deflate(piece));
            }
        } finally {
            deflater.end();
        }
        CRC32 sum = new CRC32();
        sum.update(raw, 0, count);
        int length = HEAD + packed.size() + TRAILER;
        ByteBuffer member = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        // ID1 ID2 CM FLG(FEXTRA) MTIME XFL OS(unknown) XLEN
        member.put((byte) 0x1f).put((byte) 0x8b).put((byte) 8).put((byte) 4).putInt(0);
        member.put((byte) 0).put((byte) 255).putShort((short) (FIELD + CONTENT));
        member.put(ID_1).put(ID_2).putShort((short) CONTENT);
        member.put(FORM).putInt(length).putInt(count).putInt(lines);
        member.putLong(totals.bytes()).putLong(totals.lines()).putLong(totals.scrubbed());
        member.put((byte) (place == null ? 0 : 1));
        Instant latest = place == null ? Instant.EPOCH : place.latest();
        member.putLong(latest.getEpochSecond()).putInt(latest.getNano());
        member.putInt(place == null ? 0 : place.withLatest());
        member.putInt(place == null ? 0 : place.behind());
        member.put((byte) (place != null && place.inLine() ? 1 : 0));
        member.putLong(place == null ? 0 : place.bytesOfLine());
        member.put(packed.toByteArray()).putInt((int) sum.getValue()).putInt(count);
        return member.array();
    }

    /** What the member that begins there says of itself; null if none of ours does, or its head is cut off. */
    static @Nullable Head head(byte[] bytes, int from) {
        if (bytes.length - from < HEAD) {
            return null;
        }
        ByteBuffer head = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).position(from);
        boolean gzip = head.getShort() == (short) 0x8b1f && head.get() == 8 && head.get() == 4;
        head.position(from + FIXED - 2);
        boolean ours = head.getShort() == FIELD + CONTENT
                && head.get() == ID_1
                && head.get() == ID_2
                && head.getShort() == CONTENT
                && head.get() == FORM;
        if (!gzip || !ours) {
            return null;
        }
        int length = head.getInt();
        int raw = head.getInt();
        int lines = head.getInt();
        Totals totals = new Totals(head.getLong(), head.getLong(), head.getLong());
        boolean placed = head.get() == 1;
        Instant latest = Instant.ofEpochSecond(head.getLong(), head.getInt());
        LogPlace place = new LogPlace(latest, head.getInt(), head.getInt(), head.get() == 1, head.getLong());
        return length <= HEAD || raw < 0 ? null : new Head(length, raw, lines, totals, placed ? place : null);
    }

    /** What was packed into the member that begins there; null if it is damaged or cut off. */
    static byte @Nullable [] unpack(byte[] bytes, int from) {
        Head head = head(bytes, from);
        if (head == null || bytes.length - from < head.length()) {
            return null;
        }
        byte[] raw = new byte[head.raw()];
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(bytes, from + HEAD, head.length() - HEAD - TRAILER);
            int done = 0;
            while (done < raw.length) {
                int count = inflater.inflate(raw, done, raw.length - done);
                if (count == 0) {
                    return null;
                }
                done += count;
            }
        } catch (DataFormatException e) {
            return null;
        } finally {
            inflater.end();
        }
        CRC32 sum = new CRC32();
        sum.update(raw);
        int kept = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(from + head.length() - TRAILER);
        return kept == (int) sum.getValue() ? raw : null;
    }
}
