package io.clawpod.spawner.archive;

import io.clawpod.spawner.session.SessionRecord.Gap;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Where a log has missing lines. The kubelet shows only the log of an agent's last run, so a log that goes on with another run
 * looks as if lines were missing; the watch tells of that run a little later. Not thread-safe.
 */
final class Gaps {
    private static final int MAX = 100;
    private static final int MAX_RUNS = 1000;

    private record Suspected(Gap gap, boolean whileAway) {}

    private final List<Gap> before = new ArrayList<>();
    private final List<Suspected> suspected = new ArrayList<>();
    private final TreeSet<Instant> runs = new TreeSet<>();

    /** Takes the gaps that were found by another process. */
    void resume(List<Gap> known) {
        before.clear();
        before.addAll(known);
        suspected.clear();
    }

    /** Takes when the agent was started. */
    void run(@Nullable Instant startedAt) {
        if (startedAt != null && runs.size() < MAX_RUNS) {
            runs.add(startedAt);
        }
    }

    /** @param whileAway whether nobody read the log in between, so that the end of a run may be missing */
    void missing(Instant after, Instant next, boolean whileAway) {
        if (suspected.size() < MAX) {
            suspected.add(new Suspected(new Gap(after, next), whileAway));
        }
    }

    List<Gap> found() {
        List<Gap> found = new ArrayList<>(before);
        suspected.stream().filter(this::isReal).map(Suspected::gap).forEach(found::add);
        return found.size() > MAX ? found.subList(0, MAX) : found;
    }

    private boolean isReal(Suspected one) {
        // The cluster tells starts in whole seconds.
        Instant run = runs.ceiling(one.gap().after().truncatedTo(ChronoUnit.SECONDS));
        return one.whileAway() || run == null || run.isAfter(one.gap().before());
    }
}
