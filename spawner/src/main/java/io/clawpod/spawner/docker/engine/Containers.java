package io.clawpod.spawner.docker.engine;

import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionEvent;
import io.clawpod.spawner.session.Sessions;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The sessions as Docker's clients see them: those there are, and those that were stopped and whose pod is gone, which Docker
 * would keep until they are removed. One that removes itself is gone once it has ended. Thread-safe.
 */
final class Containers {
    private final Sessions sessions;
    private final Departed departed;

    Containers(Sessions sessions, Departed departed) {
        this.sessions = sessions;
        this.departed = departed;
    }

    /** Newest first, as Docker lists them. */
    List<Session> all() {
        Map<SessionKey, Session> all = new TreeMap<>();
        departed.all().forEach(session -> all.put(session.key(), session));
        sessions.list(session -> true).forEach(session -> all.put(session.key(), session));
        return all.values().stream()
                .filter(session -> !isGone(session))
                .sorted(Comparator.comparing(Session::createdAt).reversed())
                .toList();
    }

    /** Whether it ended and was to leave nothing behind. */
    static boolean isGone(Session session) {
        return session.hasEnded() && session.container().autoRemove();
    }

    /**
     * @param name a container's name, with or without a slash before it, its id, or the beginning of its id
     * @throws EngineRefusal if there is none, or if more than one has it
     */
    Session find(String name) {
        return find(name, all());
    }

    /** Whether {@link #find} would find it, or more than one. */
    boolean isThere(String name) {
        try {
            find(name);
            return true;
        } catch (EngineRefusal refusal) {
            return refusal.status() != 404;
        }
    }

    /** As {@link #find}, but also one that has ended and left nothing behind, as long as its pod is there. */
    Session findAlsoGone(String name) {
        List<Session> all = new ArrayList<>(all());
        sessions.list(Containers::isGone).forEach(all::add);
        return find(name, all);
    }

    /**
     * As {@link #find}, if it runs.
     *
     * @throws EngineRefusal if it does not
     */
    Session findRunning(String name) {
        Session session = find(name);
        if (!session.isRunning()) {
            throw new EngineRefusal(
                    409,
                    "container " + ContainerId.of(session.key()) + " is not running: session " + session.key() + " is "
                            + session.state().code());
        }
        return session;
    }

    private static Session find(String written, List<Session> all) {
        String name = written.startsWith("/") ? written.substring(1) : written;
        List<Session> named =
                all.stream().filter(session -> session.key().key().equals(name)).toList();
        if (named.isEmpty() && ContainerId.isPrefix(name)) {
            named = all.stream()
                    .filter(session -> ContainerId.of(session.key()).startsWith(name))
                    .toList();
        }
        if (named.isEmpty()) {
            throw new EngineRefusal(404, "No such container: " + Call.cut(name));
        }
        if (named.size() > 1
                && named.stream().noneMatch(session -> session.key().key().equals(name))) {
            throw new EngineRefusal(400, "multiple IDs found with provided prefix: " + name + "; write more of the id");
        }
        if (named.size() > 1) {
            throw new EngineRefusal(
                    400,
                    "more than one container is called " + Call.cut(name) + ", in the installs "
                            + named.stream()
                                    .map(session -> session.key().install().value())
                                    .sorted()
                                    .toList()
                            + "; use the id");
        }
        return named.get(0);
    }

    /** Whether the session's pod is gone, and only its record is left. */
    boolean isDeparted(Session session) {
        Session known = sessions.find(session.key());
        return known == null || !known.pod().uid().equals(session.pod().uid());
    }

    /** The session once somebody has started it after this end of it; never comes if nobody does. */
    Uni<Session> startedAgain(Session ended) {
        return sessions.watch(null)
                .onItem()
                .transformToIterable(Containers::seen)
                .select()
                .where(seen -> seen.key().equals(ended.key())
                        && !seen.pod().uid().equals(ended.pod().uid()))
                .toUni();
    }

    private static List<Session> seen(SessionEvent event) {
        if (event instanceof SessionEvent.Resync resync) {
            return resync.sessions();
        }
        return event instanceof SessionEvent.Changed changed ? List.of(changed.session()) : List.of();
    }

    void forget(Session session) {
        departed.forget(session);
    }
}
