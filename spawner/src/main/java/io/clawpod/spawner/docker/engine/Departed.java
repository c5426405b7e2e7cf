package io.clawpod.spawner.docker.engine;

import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionState;
import java.time.Clock;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Sessions whose pod was taken away by a stop. Docker keeps a stopped container until it is removed, and its clients ask for
 * it afterwards: what it ended with, and that it be removed. In memory; thread-safe.
 */
final class Departed {
    /** How long one is remembered if nobody removes it. */
    static final Duration REMEMBERED = Duration.ofHours(1);

    static final int MAX = 1000;

    private final Clock clock;
    private final Map<SessionKey, Session> sessions = new LinkedHashMap<>();
    private final Set<String> removed = new LinkedHashSet<>();

    Departed(Clock clock) {
        this.clock = clock;
    }

    /** Takes how a session was last seen before its pod went. */
    synchronized void add(Session last) {
        if (last.container().autoRemove()
                || last.isHeld()
                || removed.contains(last.pod().uid())) {
            return;
        }
        sessions.remove(last.key());
        sessions.put(last.key(), ended(last));
        Iterator<Session> oldest = sessions.values().iterator();
        while (sessions.size() > MAX && oldest.hasNext()) {
            oldest.next();
            oldest.remove();
        }
    }

    /** The watch may not have seen the end before the pod was gone. */
    private Session ended(Session last) {
        if (last.hasEnded()) {
            return last;
        }
        return new Session(
                last.key(),
                last.group(),
                last.role(),
                SessionState.ENDED,
                last.reason(),
                last.message(),
                null,
                null,
                last.pod(),
                last.image(),
                last.specHash(),
                last.createdAt(),
                last.since(),
                last.startedAt(),
                clock.instant(),
                last.revokedAt(),
                last.signs(),
                last.restarts(),
                last.labels(),
                last.container(),
                last.job());
    }

    /** Takes that a session is removed, also if its pod has yet to go. */
    synchronized void forget(Session session) {
        sessions.remove(session.key());
        removed.add(session.pod().uid());
        if (removed.size() > MAX) {
            removed.remove(removed.iterator().next());
        }
    }

    synchronized List<Session> all() {
        sessions.values()
                .removeIf(session -> session.endedAt() != null
                        && session.endedAt().plus(REMEMBERED).isBefore(clock.instant()));
        return List.copyOf(sessions.values());
    }
}
