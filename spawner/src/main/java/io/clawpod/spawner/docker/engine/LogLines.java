package io.clawpod.spawner.docker.engine;

import io.clawpod.spawner.session.RemoteProcess.Output;
import io.smallrye.mutiny.Multi;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A log whose lines begin with their time, up to a certain time. Used once; not thread-safe. */
final class LogLines {
    private final @Nullable Instant until;
    private final boolean timestamps;
    private byte[] rest = {};
    private boolean over;

    /** @param timestamps whether the times stay */
    LogLines(@Nullable Instant until, boolean timestamps) {
        this.until = until;
        this.timestamps = timestamps;
    }

    Multi<Output> until(Multi<byte[]> log) {
        return log.onItem()
                .transform(this::take)
                .select()
                .first(piece -> !over || piece.length > 0)
                .select()
                .where(piece -> piece.length > 0)
                .map(piece -> new Output(false, piece));
    }

    private byte[] take(byte[] bytes) {
        byte[] all = Arrays.copyOf(rest, rest.length + bytes.length);
        System.arraycopy(bytes, 0, all, rest.length, bytes.length);
        ByteArrayOutputStream kept = new ByteArrayOutputStream();
        int from = 0;
        for (int i = 0; i < all.length && !over; i++) {
            if (all[i] == '\n') {
                line(Arrays.copyOfRange(all, from, i + 1), kept);
                from = i + 1;
            }
        }
        rest = Arrays.copyOfRange(all, from, all.length);
        return kept.toByteArray();
    }

    private void line(byte[] line, ByteArrayOutputStream kept) {
        int space = 0;
        while (space < line.length && line[space] != ' ') {
            space++;
        }
        try {
            Instant time = Instant.parse(new String(line, 0, space, StandardCharsets.US_ASCII));
            over = until != null && time.isAfter(until);
        } catch (DateTimeParseException e) {
            // The rest of a line that the kubelet has cut: it belongs to the one before.
            space = -1;
        }
        if (!over) {
            int begin = timestamps ? 0 : space + 1;
            kept.write(line, begin, line.length - begin);
        }
    }
}
