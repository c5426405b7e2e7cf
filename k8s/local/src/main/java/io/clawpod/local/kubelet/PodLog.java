package io.clawpod.local.kubelet;

import io.clawpod.local.apiserver.PodLogs;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The log of one container: a file in which each line has its time, its stream and a tag that tells a whole line (F) from a
 * part of one (P), as container runtimes write it.
 *
 * @see <a href="https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md">CRI logging</a>
 */
final class PodLog implements AutoCloseable {
    private static final DateTimeFormatter NANOS =
            new DateTimeFormatterBuilder().appendInstant(9).toFormatter();
    private static final int TIME_LENGTH = "2026-01-02T03:04:05.000000000Z".length();

    private final Path file;
    private final Clock clock;
    private final OutputStream out;
    private boolean ended;

    PodLog(Path file, Clock clock) throws IOException {
        this.file = file;
        this.clock = clock;
        out = new BufferedOutputStream(
                Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
    }

    /** Appends output as it came: a chunk without a newline at its end becomes a part of a line. */
    synchronized void append(String stream, byte[] bytes, int length) throws IOException {
        if (ended) {
            return;
        }
        int start = 0;
        while (start < length) {
            int end = start;
            while (end < length && bytes[end] != '\n') {
                end++;
            }
            boolean whole = end < length;
            String head = NANOS.format(clock.instant()) + " " + stream + (whole ? " F " : " P ");
            out.write(head.getBytes(StandardCharsets.US_ASCII));
            out.write(bytes, start, end - start);
            out.write('\n');
            start = end + 1;
        }
        out.flush();
        notifyAll();
    }

    private synchronized boolean awaitMore(long position) throws InterruptedException, IOException {
        while (!ended && Files.size(file) <= position) {
            wait(1_000);
        }
        return Files.size(file) > position;
    }

    @Override
    public synchronized void close() throws IOException {
        ended = true;
        out.close(); // Closing twice does nothing.
        notifyAll();
    }

    PodLogs.Reader reader(PodLogs.Selection selection) {
        return sink -> copy(selection, sink);
    }

    private void copy(PodLogs.Selection selection, OutputStream sink) throws IOException, InterruptedException {
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            in.seek(selection.tail() == null ? 0 : tailStart(in, selection.tail()));
            boolean lineStart = true;
            while (true) {
                long position = in.getFilePointer();
                String record = in.readLine();
                if (record == null) {
                    if (!selection.follow() || !awaitMore(position)) {
                        return;
                    }
                    continue;
                }
                // readLine keeps each byte as one character, so the text goes out as it came in.
                Instant at = Instant.parse(record.substring(0, TIME_LENGTH));
                int tag = record.indexOf(' ', TIME_LENGTH + 1) + 1;
                boolean whole = record.charAt(tag) == 'F';
                if (selection.since() == null || !at.isBefore(selection.since())) {
                    String time = lineStart && selection.timestamps() ? record.substring(0, TIME_LENGTH + 1) : "";
                    String text = time + record.substring(tag + 2) + (whole ? "\n" : "");
                    sink.write(text.getBytes(StandardCharsets.ISO_8859_1));
                }
                lineStart = whole;
            }
        }
    }

    /** Where the last {@code lines} lines begin; the parts of a line count as one. */
    private static long tailStart(RandomAccessFile in, long lines) throws IOException {
        Deque<Long> starts = new ArrayDeque<>();
        boolean lineStart = true;
        long position = 0;
        for (String record = in.readLine(); record != null; record = in.readLine()) {
            if (lineStart) {
                starts.addLast(position);
                if (starts.size() > lines) {
                    starts.removeFirst();
                }
            }
            lineStart = record.charAt(record.indexOf(' ', TIME_LENGTH + 1) + 1) == 'F';
            position = in.getFilePointer();
        }
        return starts.isEmpty() ? position : starts.getFirst();
    }
}
