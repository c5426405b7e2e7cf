package io.clawpod.proxy.scrub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.clawpod.common.SecretText;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class FrameScrubTest {
    private static final String KEY = "sk-ant-api03-the/real+one-0123456789";
    private static final Patterns PATTERNS = Patterns.of(List.of(SecretText.of(KEY)));
    private static final List<String> KINDS =
            List.of("cont", "text", "binary", "", "", "", "", "", "close", "ping", "pong");
    private static final Pattern PLACE = Pattern.compile("\\{([KBP])(?:<(\\d+))?(?:>(\\d+))?}");
    private static final Pattern REPEATED = Pattern.compile("\\{(\\d+)\\*(.)}");

    private record Row(String name, String outcome, List<byte[]> frames) {
        static Row parse(String line) {
            String[] parts = line.split("\\|", 3);
            List<byte[]> frames = Arrays.stream(parts[2].trim().split(" "))
                    .filter(each -> !each.isEmpty())
                    .map(FrameScrubTest::frame)
                    .toList();
            return new Row(parts[0].trim(), parts[1].trim(), frames);
        }

        boolean broken() {
            return outcome.equals("broken");
        }

        byte[] bytes() {
            return joined(frames);
        }

        /** The frames that may pass. */
        byte[] good() {
            return joined(broken() ? frames.subList(0, frames.size() - 1) : frames);
        }
    }

    private static byte[] joined(List<byte[]> parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        parts.forEach(all::writeBytes);
        return all.toByteArray();
    }

    private static byte[] frame(String text) {
        String[] parts = text.split(":", 2);
        if (parts[0].equals("raw")) {
            return HexFormat.of().parseHex(parts[1]);
        }
        boolean more = parts[0].endsWith("+");
        int kind = KINDS.indexOf(parts[0].replace("+", ""));
        return frame(kind, !more, payload(parts[1]));
    }

    private static byte[] frame(int kind, boolean last, byte[] payload) {
        Buffer frame = Buffer.buffer().appendByte((byte) (kind | (last ? 0x80 : 0)));
        if (payload.length < 126) {
            frame.appendByte((byte) payload.length);
        } else if (payload.length < 65536) {
            frame.appendByte((byte) 126).appendShort((short) payload.length);
        } else {
            frame.appendByte((byte) 127).appendLong(payload.length);
        }
        return frame.appendBytes(payload).getBytes();
    }

    private static byte[] payload(String text) {
        String filled = PLACE.matcher(text).replaceAll(each -> {
            String all = switch (each.group(1)) {
                case "K" -> KEY;
                case "B" -> Base64.getEncoder().withoutPadding().encodeToString(latin(KEY));
                default -> URLEncoder.encode(KEY, StandardCharsets.UTF_8);
            };
            int to = each.group(2) == null ? all.length() : Integer.parseInt(each.group(2));
            int from = each.group(3) == null ? 0 : Integer.parseInt(each.group(3));
            return Matcher.quoteReplacement(all.substring(from, to));
        });
        filled = REPEATED.matcher(filled).replaceAll(each -> each.group(2).repeat(Integer.parseInt(each.group(1))));
        filled = Pattern.compile("\\\\x(..)")
                .matcher(filled)
                .replaceAll(
                        each -> Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(each.group(1), 16))));
        return latin(filled.replace('_', ' '));
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /**
     * The slow way to read frames: what has come whole, in the order in which it came to its end.
     *
     * @param masked whether to take the key out, from each whole text
     */
    private static List<String> read(byte[] bytes, boolean masked) {
        List<String> events = new ArrayList<>();
        String kind = "";
        StringBuilder message = new StringBuilder();
        int at = 0;
        while (at + 2 <= bytes.length) {
            int length = bytes[at + 1];
            int head = length == 127 ? 10 : length == 126 ? 4 : 2;
            if (at + head > bytes.length) {
                break;
            }
            Buffer rest = Buffer.buffer(bytes);
            long size = head == 10 ? rest.getLong(at + 2) : head == 4 ? rest.getUnsignedShort(at + 2) : length;
            if (at + head + size > bytes.length) {
                break;
            }
            String payload = new String(bytes, at + head, (int) size, StandardCharsets.ISO_8859_1);
            int opcode = bytes[at] & 0x0f;
            boolean last = (bytes[at] & 0x80) != 0;
            at += (int) (head + size);
            if (opcode >= 8) {
                events.add(KINDS.get(opcode) + ":" + (masked ? masked(payload) : payload));
                continue;
            }
            assertEquals(opcode == 0, !kind.isEmpty(), "a fragment out of order");
            kind = opcode == 0 ? kind : KINDS.get(opcode);
            message.append(payload);
            if (last) {
                events.add(kind + ":" + (masked ? masked(message.toString()) : message));
                kind = "";
                message.setLength(0);
            }
        }
        return events;
    }

    private static String masked(String text) {
        char[] clean = text.toCharArray();
        for (String form : Encodings.of(KEY)) {
            for (int at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) {
                Arrays.fill(clean, at, at + form.length(), '*');
            }
        }
        return new String(clean);
    }

    /** Feeds the bytes in pieces that end at the borders. */
    private static Buffer scrub(FrameScrub scrub, byte[] bytes, int... borders) throws Undecodable {
        Buffer out = Buffer.buffer();
        int from = 0;
        for (int border : borders) {
            scrub.feed(Buffer.buffer(Arrays.copyOfRange(bytes, from, border)), out);
            from = border;
        }
        scrub.feed(Buffer.buffer(Arrays.copyOfRange(bytes, from, bytes.length)), out);
        return out;
    }

    private static void check(Row row, int... borders) {
        FrameScrub scrub = PATTERNS.frameScrub();
        Buffer out = Buffer.buffer();
        boolean broken = false;
        int from = 0;
        byte[] bytes = row.bytes();
        try {
            for (int i = 0; i <= borders.length; i++) {
                int to = i < borders.length ? borders[i] : bytes.length;
                scrub.feed(Buffer.buffer(Arrays.copyOfRange(bytes, from, to)), out);
                from = to;
            }
        } catch (Undecodable e) {
            broken = true;
        }
        String where = row.name() + " cut at " + (borders.length > 3 ? "every byte" : Arrays.toString(borders));
        assertEquals(row.broken(), broken, where);
        assertEquals(read(row.good(), true), read(out.getBytes(), false), where);
        assertFalse(out.toString(StandardCharsets.ISO_8859_1).contains(KEY), where);
        if (!broken) {
            assertEquals(row.outcome().equals("whole"), scrub.whole(), where);
        }
    }

    private static List<Row> rows() throws IOException {
        try (InputStream in =
                Objects.requireNonNull(FrameScrubTest.class.getResourceAsStream("/frames/sequences.txt"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#") && !line.isBlank())
                    .map(Row::parse)
                    .toList();
        }
    }

    @TestFactory
    Stream<DynamicTest> whatPassesDoesNotDependOnWhereTheChunksEnd() throws IOException {
        return rows().stream()
                .map(row -> dynamicTest(row.name(), () -> {
                    int size = row.bytes().length;
                    check(row);
                    // Of a long frame, what matters is its beginning and its end.
                    for (int border = 0; border <= size; border += border == 200 && size > 1000 ? size - 400 : 1) {
                        check(row, border);
                    }
                    check(row, java.util.stream.IntStream.range(1, size).toArray());
                }));
    }

    @TestFactory
    Stream<DynamicTest> nothingThatIsWholeWaitsForWhatFollows() throws IOException {
        return rows().stream()
                .filter(row -> !row.broken())
                .map(row -> dynamicTest(row.name(), () -> {
                    FrameScrub scrub = PATTERNS.frameScrub();
                    Buffer out = Buffer.buffer();
                    for (int i = 0; i < row.frames().size(); i++) {
                        scrub.feed(Buffer.buffer(row.frames().get(i)), out);
                        byte[] soFar = joined(row.frames().subList(0, i + 1));
                        assertEquals(read(soFar, true), read(out.getBytes(), false), "after frame " + i);
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> framesOfWholeMessagesKeepTheirBordersAndLengths() throws IOException {
        return rows().stream()
                .filter(row ->
                        row.outcome().equals("whole") && row.frames().stream().allMatch(frame -> frame[0] < 0))
                .map(row -> dynamicTest(row.name(), () -> {
                    List<byte[]> expected = row.frames().stream()
                            .map(frame -> latin(masked(new String(frame, StandardCharsets.ISO_8859_1))))
                            .toList();
                    assertArrayEquals(
                            joined(expected),
                            scrub(PATTERNS.frameScrub(), row.bytes()).getBytes());
                }));
    }

    @Test
    void aFramesHeadAndPayloadGoOnBeforeItsEndHasCome() throws Undecodable {
        FrameScrub scrub = PATTERNS.frameScrub();
        Buffer out = Buffer.buffer();
        byte[] frame = frame(2, true, new byte[100_000]);
        scrub.feed(Buffer.buffer(Arrays.copyOf(frame, 10)), out);
        assertArrayEquals(Arrays.copyOf(frame, 10), out.getBytes());
        scrub.feed(Buffer.buffer(new byte[5000]), out);
        assertEquals(5010, out.length());
    }

    @Test
    void anySequenceOfFramesReadsTheSameOnceScrubbed() {
        Random random = new Random(4);
        for (int round = 0; round < 300; round++) {
            List<byte[]> frames = new ArrayList<>();
            boolean within = false;
            for (int i = random.nextInt(12); i >= 0; i--) {
                if (random.nextInt(4) == 0) {
                    frames.add(frame(9 + random.nextInt(2), true, text(random)));
                    continue;
                }
                boolean last = random.nextBoolean();
                frames.add(frame(within ? 0 : 1 + random.nextInt(2), last, text(random)));
                within = !last;
            }
            Row row = new Row("round " + round, within ? "cut" : "whole", frames);
            check(row);
            int size = row.bytes().length;
            check(row, random.ints(3, 0, size + 1).sorted().toArray());
            check(row, java.util.stream.IntStream.range(1, size).toArray());
        }
    }

    /** A few pieces of the key: often one that begins where the last one of another frame has ended. */
    private static byte[] text(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(3) * 12;
            text.append(KEY, at, random.nextInt(3) == 0 ? KEY.length() : at + 12);
        }
        assertTrue(text.length() < 126);
        return latin(text.toString());
    }
}
