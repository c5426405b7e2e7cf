package io.clawpod.spawner.archive;

import io.clawpod.spawner.session.Archive;
import io.clawpod.spawner.session.ReapReason;
import io.clawpod.spawner.session.ReapTargets;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.Session;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Sessions whose pods stay until what they leave is in the archive, though not for ever. Whether it is there is asked by
 * {@link #ask} alone, so that storage that does not answer holds up nobody who reaps. Thread-safe.
 */
public final class ArchivedReaping implements ReapTargets {
    /** How much longer than its retention a pod stays for the archive's sake. */
    static final Duration LONGEST = Duration.ofHours(24);

    private final ReapTargets live;
    private final Archive archive;
    private final Clock clock;
    /** The uids of pods whose retention is over and that have left all in the archive. */
    private final Set<String> taken = ConcurrentHashMap.newKeySet();

    public ArchivedReaping(ReapTargets live, Archive archive, Clock clock) {
        this.live = live;
        this.archive = archive;
        this.clock = clock;
    }

    /** Asks the archive for the sessions whose retention is over. To be called every few seconds; blocks. */
    public void ask() {
        List<Session> over;
        try {
            Instant now = clock.instant();
            over = live.seen().stream()
                    .filter(seen -> isOver(seen, now))
                    .map(Seen::session)
                    .toList();
        } catch (Refusal notFresh) {
            return;
        }
        taken.retainAll(over.stream().map(session -> session.pod().uid()).collect(Collectors.toSet()));
        for (Session session : over) {
            if (!taken.contains(session.pod().uid()) && hasAll(session)) {
                taken.add(session.pod().uid());
            }
        }
    }

    private static boolean isOver(Seen seen, Instant now) {
        Instant until = seen.keptUntil();
        return until != null && !until.isAfter(now);
    }

    private boolean hasAll(Session session) {
        try {
            return archive.hasAll(session);
        } catch (Refusal unreadable) {
            return false;
        }
    }

    @Override
    public List<Seen> seen() {
        Instant now = clock.instant();
        return live.seen().stream().map(seen -> waiting(seen, now)).toList();
    }

    private Seen waiting(Seen seen, Instant now) {
        Instant until = seen.keptUntil();
        return until == null
                        || until.isAfter(now)
                        || taken.contains(seen.session().pod().uid())
                ? seen
                : new Seen(seen.session(), until.plus(LONGEST));
    }

    @Override
    public boolean end(Session session, ReapReason why, String note) {
        return live.end(session, why, note);
    }
}
