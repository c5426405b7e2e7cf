package io.clawpod.spawner.archive;

import io.clawpod.spawner.archive.UsageFigures.Count;
import io.clawpod.spawner.session.Processes;
import io.clawpod.spawner.session.Processes.Exec;
import io.clawpod.spawner.session.Processes.Opening;
import io.clawpod.spawner.session.RemoteProcess;
import io.clawpod.spawner.session.Session;
import io.smallrye.mutiny.Uni;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Looks now and then at what sessions use, by reading the control group in their containers; an image without a shell tells
 * nothing. {@link #sample} is called by one thread at a time.
 */
final class UsageSampler {
    private static final int AT_ONCE = 4;
    private static final int MAX_OUTPUT = 1 << 16;
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final Processes processes;
    private final Clock clock;
    private final Duration every;
    private final Map<String, Instant> next = new HashMap<>();
    private final Map<String, Count> counts = new ConcurrentHashMap<>();
    private final AtomicInteger open = new AtomicInteger();

    UsageSampler(Processes processes, Clock clock, Duration every) {
        this.processes = processes;
        this.clock = clock;
        this.every = every;
    }

    /** Begins to look at sessions for which it is time; does not wait. */
    void sample(Collection<Recording> recordings) {
        if (every.isZero()) {
            return;
        }
        Instant now = clock.instant();
        Set<String> there = new HashSet<>();
        for (Recording recording : recordings) {
            Session session = recording.session();
            String uid = session.pod().uid();
            there.add(uid);
            // The first look is early: many sessions live shorter than the rest of the time.
            Instant due = next.computeIfAbsent(uid, first -> now.plusSeconds(2));
            if (session.isRunning() && !due.isAfter(now) && open.get() < AT_ONCE) {
                next.put(uid, now.plus(every));
                open.incrementAndGet();
                look(recording);
            }
        }
        next.keySet().retainAll(there);
        counts.keySet().retainAll(there);
    }

    private void look(Recording recording) {
        String uid = recording.session().pod().uid();
        processes
                .exec(recording.session().key(), new Exec(UsageFigures.COMMAND, false, true, false, false))
                .chain(UsageSampler::printed)
                .ifNoItem()
                .after(TIMEOUT)
                .fail()
                .onTermination()
                .invoke(() -> open.decrementAndGet())
                .subscribe()
                .with(
                        printed -> {
                            UsageFigures figures = UsageFigures.parse(printed);
                            if (figures.cpuNanos() != null || figures.memoryBytes() != null) {
                                Count count = counts.getOrDefault(uid, Count.of(recording.used()))
                                        .with(figures);
                                counts.put(uid, count);
                                recording.used(count.at(clock.instant()));
                            }
                        },
                        // It may have ended, or have no shell; then nothing is known.
                        failure -> {});
    }

    private static Uni<String> printed(Opening opening) {
        if (!(opening instanceof Opening.Opened opened)) {
            return Uni.createFrom().item("");
        }
        RemoteProcess process = opened.process();
        return process.output()
                .collect()
                .in(ByteArrayOutputStream::new, (all, piece) -> {
                    if (all.size() + piece.bytes().length <= MAX_OUTPUT) {
                        all.writeBytes(piece.bytes());
                    }
                })
                .map(all -> all.toString(StandardCharsets.UTF_8))
                .onTermination()
                .invoke(process::close);
    }
}
