package io.clawpod.proxy.scrub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class InflationTest {
    private static final byte[] PLAIN = plain();

    private static byte[] plain() {
        byte[] bytes = new byte[100_000];
        Random random = new Random(5);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) ('a' + random.nextInt(4));
        }
        return bytes;
    }

    private interface Coder {
        OutputStream over(OutputStream out) throws IOException;
    }

    private static byte[] coded(Coder coder, byte[] plain) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = coder.over(bytes)) {
            out.write(plain);
        }
        return bytes.toByteArray();
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] decode(String coding, byte[] coded, int chunk) throws Undecodable {
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        try (Inflation inflation = Objects.requireNonNull(Inflation.of(List.of(coding)))) {
            for (int from = 0; from < coded.length; from += chunk) {
                inflation.feed(Arrays.copyOfRange(coded, from, Math.min(coded.length, from + chunk)));
                for (byte[] piece = inflation.next(); piece != null; piece = inflation.next()) {
                    assertTrue(piece.length <= Inflation.PIECE);
                    plain.writeBytes(piece);
                }
            }
            inflation.end();
        }
        return plain.toByteArray();
    }

    @Test
    void everyCodingComesOffWhereverTheChunksEnd() throws Exception {
        byte[] gzip = coded(GZIPOutputStream::new, PLAIN);
        byte[] zlib = coded(DeflaterOutputStream::new, PLAIN);
        byte[] raw = coded(out -> new DeflaterOutputStream(out, new Deflater(6, true)), PLAIN);
        for (int chunk : new int[] {1, 2, 7, 1000, Integer.MAX_VALUE / 2}) {
            assertArrayEquals(PLAIN, decode("gzip", gzip, chunk));
            assertArrayEquals(PLAIN, decode("X-GZIP", gzip, chunk));
            assertArrayEquals(PLAIN, decode("deflate", zlib, chunk));
            assertArrayEquals(PLAIN, decode("deflate", raw, chunk));
            assertArrayEquals(joined(PLAIN, PLAIN), decode("gzip", joined(gzip, gzip), chunk));
        }
    }

    @Test
    void gzipsOptionalFieldsAreSkipped() throws Exception {
        byte[] gzip = coded(GZIPOutputStream::new, PLAIN);
        byte[] head = Arrays.copyOf(gzip, 10);
        head[3] = 0x1e; // FHCRC, FEXTRA, FNAME, FCOMMENT
        byte[] fields = {3, 0, 1, 2, 3, 'n', 0, 'c', 'c', 0, 9, 9};
        byte[] rest = Arrays.copyOfRange(gzip, 10, gzip.length);
        assertArrayEquals(PLAIN, decode("gzip", joined(head, fields, rest), 1));
        byte[] empty = {0, 0, 0, 0, 9, 9};
        assertArrayEquals(PLAIN, decode("gzip", joined(head, empty, rest), 3));
    }

    @Test
    void aBodyThatIsCutShortBrokenOrFollowedByGarbageIsRefused() throws Exception {
        byte[] gzip = coded(GZIPOutputStream::new, PLAIN);
        assertThrows(Undecodable.class, () -> decode("gzip", Arrays.copyOf(gzip, gzip.length - 1), 500));
        assertThrows(Undecodable.class, () -> decode("gzip", Arrays.copyOf(gzip, 5), 500));
        assertThrows(Undecodable.class, () -> decode("gzip", joined(gzip, new byte[] {1, 2, 3}), 500));
        byte[] wrong = gzip.clone();
        wrong[wrong.length - 6] ^= 1;
        assertThrows(Undecodable.class, () -> decode("gzip", wrong, 500));
        assertThrows(
                Undecodable.class,
                () -> decode("gzip", "this is no gzip".getBytes(java.nio.charset.StandardCharsets.US_ASCII), 500));
        byte[] zlib = coded(DeflaterOutputStream::new, PLAIN);
        assertThrows(Undecodable.class, () -> decode("deflate", joined(zlib, new byte[] {1}), 500));
    }

    @Test
    void anEmptyBodyIsEmptyInEveryCoding() throws Exception {
        assertEquals(0, decode("gzip", new byte[0], 1).length);
        assertEquals(0, decode("deflate", new byte[0], 1).length);
    }

    @Test
    void aBombIsRefusedBeforeItHasSwollenFar() throws Exception {
        byte[] bomb = coded(GZIPOutputStream::new, new byte[64 * 1024 * 1024]);
        assertThrows(Undecodable.class, () -> decode("gzip", bomb, 16 * 1024));
        // As much may come of a body that compresses well, but not that well.
        byte[] small = coded(GZIPOutputStream::new, new byte[8 * 1024 * 1024]);
        assertEquals(8 * 1024 * 1024, decode("gzip", small, 16 * 1024).length);
    }

    @Test
    void identityNeedsNothingAndOtherCodingsAreRefused() throws Exception {
        assertNull(Inflation.of(List.of()));
        assertNull(Inflation.of(List.of("identity", "")));
        for (String coding : List.of("br", "zstd", "gzip, gzip", "compress", "gzip, br")) {
            assertThrows(Undecodable.class, () -> Inflation.of(List.of(coding)));
        }
    }
}
