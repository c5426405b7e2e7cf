package io.clawpod.spawner.archive;

import io.clawpod.spawner.session.Archive;
import io.clawpod.spawner.session.ReapReason;
import io.clawpod.spawner.session.ReapTargets;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.Session;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Sessions whose pods stay until what they leave is in the archive, though not for ever. Blocks a little where the session's
 * own does not. Thread-safe.
 */
public final class ArchivedReaping implements ReapTargets {
    /** How much longer than its retention a pod stays for the archive's sake. */
    static final Duration LONGEST = Duration.ofHours(24);

    private final ReapTargets live;
    private final Archive archive;
    private final Clock clock;
    private Set<String> taken = new HashSet<>();

    public ArchivedReaping(ReapTargets live, Archive archive, Clock clock) {
        this.live = live;
        this.archive = archive;
        this.clock = clock;
    }

    @Override
    public synchronized List<Seen> seen() {
        List<Seen> all = live.seen();
        Instant now = clock.instant();
        Set<String> still = new HashSet<>();
        List<Seen> shown = all.stream().map(seen -> waiting(seen, now, still)).toList();
        taken = still;
        return shown;
    }

    private Seen waiting(Seen seen, Instant now, Set<String> still) {
        Instant until = seen.keptUntil();
        if (until == null || until.isAfter(now)) {
            return seen;
        }
        if (isTaken(seen.session())) {
            still.add(seen.session().pod().uid());
            return seen;
        }
        return new Seen(seen.session(), until.plus(LONGEST));
    }

    private boolean isTaken(Session session) {
        try {
            return taken.contains(session.pod().uid()) || archive.hasAll(session);
        } catch (Refusal unreadable) {
            return false;
        }
    }

    @Override
    public boolean end(Session session, ReapReason why, String note) {
        return live.end(session, why, note);
    }
}
