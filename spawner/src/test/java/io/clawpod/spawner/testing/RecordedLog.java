package io.clawpod.spawner.testing;

import io.clawpod.spawner.session.Sessions.LogQuery;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A container's log as a kubelet keeps and serves it. */
public record RecordedLog(List<Line> lines) {
    /** @param text with its line break, or without for a last one that has none */
    public record Line(String time, String text) {
        boolean isSince(@Nullable Instant since) {
            // The API server passes on whole seconds.
            return since == null || !Instant.parse(time).isBefore(since.truncatedTo(ChronoUnit.SECONDS));
        }
    }

    /** The bytes that answer a query with timestamps. */
    public byte[] served(LogQuery query) {
        return served(query.since(), query.tail());
    }

    public byte[] served(@Nullable Instant since, @Nullable Integer tail) {
        List<Line> wanted = lines.stream().filter(line -> line.isSince(since)).toList();
        int from = tail == null ? 0 : Math.max(0, wanted.size() - tail);
        return text(wanted.subList(from, wanted.size()), true).getBytes(StandardCharsets.UTF_8);
    }

    public String text(boolean timestamps) {
        return text(lines, timestamps);
    }

    private static String text(List<Line> lines, boolean timestamps) {
        StringBuilder text = new StringBuilder();
        for (Line line : lines) {
            text.append(timestamps ? line.time() + " " : "").append(line.text());
        }
        return text.toString();
    }
}
