package io.clawpod.spawner.archive;

import io.clawpod.spawner.archive.Index.Kept;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** Decides what the archive gives up. Pure. */
final class Retention {
    private Retention() {}

    /** What is given up, in this order. */
    sealed interface Loss {
        Kept kept();

        /** All of a session that has ended. */
        record Whole(Kept kept) implements Loss {}

        /** The oldest piece of a log that is still written. */
        record Oldest(Kept kept, int segment) implements Loss {}
    }

    /**
     * Sessions that ended longer than {@code maxAge} ago; then, while there is more than {@code maxBytes}, those that ended
     * first; then the oldest pieces of logs that are still written, but never the piece at the end.
     */
    static List<Loss> losses(Collection<Kept> all, Instant now, Duration maxAge, long maxBytes) {
        List<Loss> losses = new ArrayList<>();
        long left = all.stream().mapToLong(Kept::bytes).sum();
        List<Kept> ended = all.stream()
                .filter(Kept::ended)
                .sorted(Comparator.comparing(Retention::end).thenComparing(Kept::folder))
                .toList();
        for (Kept kept : ended) {
            if (end(kept).plus(maxAge).isBefore(now) || left > maxBytes) {
                losses.add(new Loss.Whole(kept));
                left -= kept.bytes();
            }
        }
        // Of the longest logs first, so that one that writes without end pays for itself.
        List<Kept> running = all.stream()
                .filter(kept -> !kept.ended())
                .sorted(Comparator.comparingLong(Kept::bytes).reversed().thenComparing(Kept::folder))
                .toList();
        for (Kept kept : running) {
            TreeMap<Integer, Long> segments = new TreeMap<>(kept.segments());
            while (left > maxBytes && segments.size() > 1) {
                Map.Entry<Integer, Long> oldest = Objects.requireNonNull(segments.pollFirstEntry());
                losses.add(new Loss.Oldest(kept, oldest.getKey()));
                left -= oldest.getValue();
            }
        }
        return losses;
    }

    private static Instant end(Kept kept) {
        return kept.endedAt() == null ? kept.createdAt() : kept.endedAt();
    }
}
