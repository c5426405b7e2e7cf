package io.clawpod.spawner.docker.engine;

import io.clawpod.spawner.session.RemoteProcess.Output;
import io.smallrye.mutiny.Multi;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/** A log whose lines begin with their time, up to a certain time. Used once; not thread-safe. */
final class LogLines {
    /** RFC 3339 with nanoseconds and an offset has 35 characters. */
    private static final int MAX_TIME = 64;

    private final @Nullable Instant until;
    private final boolean timestamps;
    private final ByteArrayOutputStream time = new ByteArrayOutputStream();
    private boolean inText;
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

    /** Only the time that a line begins with is held back: a line may be of any length. */
    private byte[] take(byte[] bytes) {
        ByteArrayOutputStream kept = new ByteArrayOutputStream(bytes.length);
        for (int i = 0; i < bytes.length && !over; i++) {
            if (!inText) {
                if (bytes[i] != ' ' && bytes[i] != '\n' && time.size() < MAX_TIME) {
                    time.write(bytes[i]);
                    continue;
                }
                inText = true;
                if (begin(bytes[i] == ' ', kept) || over) {
                    continue;
                }
            }
            kept.write(bytes[i]);
            inText = bytes[i] != '\n';
        }
        return kept.toByteArray();
    }

    /** Whether the line begins with its time, so that what follows it is no part of the text. */
    private boolean begin(boolean spaced, ByteArrayOutputStream kept) {
        String text = time.toString(StandardCharsets.US_ASCII);
        Instant at = spaced ? parse(text) : null;
        over = at != null && until != null && at.isAfter(until);
        // Without a time it is the rest of a line that the kubelet has cut, and belongs to the one before.
        if (!over && (at == null || timestamps)) {
            kept.writeBytes(time.toByteArray());
        }
        if (!over && at != null && timestamps) {
            kept.write(' ');
        }
        time.reset();
        return at != null;
    }

    private static @Nullable Instant parse(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            return null;
        }
    }
}
