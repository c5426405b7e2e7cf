package io.clawpod.spawner.cluster;

import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionEvent;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.subscription.BackPressureStrategy;
import io.smallrye.mutiny.subscription.MultiEmitter;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The sessions as last seen, and the stream of their changes. A reader's first list and the changes after it come from
 * under one lock, so nothing falls between them. Thread-safe.
 */
final class SessionStore {
    /** How many past events a reader that comes back may have missed. */
    static final int REMEMBERED_EVENTS = 1024;

    /** How far a reader may fall behind before its stream fails. */
    static final int READER_BUFFER = 4096;

    private static final int REMEMBERED_REMOVALS = 4096;

    private final String epoch;
    private final NavigableMap<SessionKey, Session> sessions = new TreeMap<>();
    private final ArrayDeque<SessionEvent> recent = new ArrayDeque<>();
    private final Set<MultiEmitter<? super SessionEvent>> readers = new LinkedHashSet<>();
    private final Set<String> removedUids = new LinkedHashSet<>();
    private long sequence;

    /** @param epoch tells this process's event ids from those of others */
    SessionStore(String epoch) {
        this.epoch = epoch;
    }

    /** Takes what the watch saw. */
    synchronized void put(Session seen) {
        Session before = sessions.get(seen.key());
        Session session = keepingStopped(before, seen);
        sessions.put(session.key(), session);
        if (!session.equals(before)) {
            publish(new SessionEvent.Changed(nextId(), session));
        }
    }

    /**
     * The kubelet's last word on a stopped pod, its deletion with no grace, moves the time at which the stop was asked for
     * past the agent's end. From then on the pod looks as if its agent had ended of its own accord.
     */
    private static Session keepingStopped(@Nullable Session before, Session now) {
        if (before == null || !before.pod().uid().equals(now.pod().uid()) || !before.hasEnded()) {
            return now;
        }
        Reason why = before.reason();
        boolean ofItsOwnAccord = now.hasEnded() && (now.reason() == Reason.COMPLETED || now.reason() == Reason.ERROR);
        return ofItsOwnAccord && why != null && (why.isEndAskedFor() || why.isDisruption()) ? now.withReason(why) : now;
    }

    /**
     * Takes what the API server answered to a write, so that a caller can read it back before the watch brings it. The
     * watch may already have seen more, the end even.
     */
    synchronized void putWritten(Session session) {
        Session known = sessions.get(session.key());
        boolean newer = known == null || !known.pod().uid().equals(session.pod().uid());
        if (newer && !removedUids.contains(session.pod().uid())) {
            put(session);
        }
    }

    /**
     * Takes that a pod is gone; another pod under the same key stays.
     *
     * @param last the session as its pod was last seen, if the watch saw that
     */
    synchronized void remove(String podUid, @Nullable Session last) {
        removedUids.add(podUid);
        if (removedUids.size() > REMEMBERED_REMOVALS) {
            removedUids.remove(removedUids.iterator().next());
        }
        remove(session -> session.pod().uid().equals(podUid), last);
    }

    /** Takes that a Job is gone, and all of its pods. */
    synchronized void removeJob(String jobUid) {
        remove(session -> session.job() != null && session.job().uid().equals(jobUid), null);
    }

    private void remove(Predicate<Session> which, @Nullable Session last) {
        sessions.values().stream().filter(which).findFirst().ifPresent(session -> {
            sessions.remove(session.key());
            publish(new SessionEvent.Removed(nextId(), last == null ? session : keepingStopped(session, last)));
        });
    }

    synchronized @Nullable Session find(SessionKey key) {
        return sessions.get(key);
    }

    synchronized List<Session> all() {
        return List.copyOf(sessions.values());
    }

    /** Counts by state code, for metrics. */
    synchronized Map<String, Integer> countByState() {
        Map<String, Integer> counts = new LinkedHashMap<>();
        sessions.values().forEach(session -> counts.merge(session.state().code(), 1, Integer::sum));
        return counts;
    }

    Multi<SessionEvent> watch(@Nullable String lastSeen) {
        // The emitter's own buffer is emptied by whoever cancels while the writer may be taking from it, and its queue
        // bears only one taker: the writer would spin for ever, and the lock with it. The operator's has only one.
        return Multi.createFrom()
                .<SessionEvent>emitter(emitter -> subscribe(emitter, lastSeen), BackPressureStrategy.IGNORE)
                .onOverflow()
                .buffer(READER_BUFFER);
    }

    /** How the session is now and at each change; the stream ends when its pod is gone, or at once if there is none. */
    Multi<Session> follow(SessionKey key) {
        return watch(null)
                .onItem()
                .transform(event -> lastSeen(key, event))
                .select()
                .where(Sighting::concerns)
                .select()
                .first(Sighting::present)
                .onItem()
                .transform(Sighting::session);
    }

    /** What an event says of one session: nothing, that it is gone, or how it is. */
    private record Sighting(
            boolean concerns, boolean present, @Nullable Session found) {
        Session session() {
            return Objects.requireNonNull(found);
        }
    }

    private static Sighting lastSeen(SessionKey key, SessionEvent event) {
        if (event instanceof SessionEvent.Changed changed) {
            return new Sighting(changed.session().key().equals(key), true, changed.session());
        }
        if (event instanceof SessionEvent.Removed removed) {
            return new Sighting(removed.session().key().equals(key), false, null);
        }
        return ((SessionEvent.Resync) event)
                .sessions().stream()
                        .filter(session -> session.key().equals(key))
                        .findFirst()
                        .map(session -> new Sighting(true, true, session))
                        .orElse(new Sighting(true, false, null));
    }

    private synchronized void subscribe(MultiEmitter<? super SessionEvent> emitter, @Nullable String lastSeen) {
        Optional<List<SessionEvent>> missed = missedSince(lastSeen);
        if (missed.isPresent()) {
            missed.get().forEach(emitter::emit);
        } else {
            emitter.emit(new SessionEvent.Resync(id(sequence), all()));
        }
        readers.add(emitter);
        emitter.onTermination(() -> unsubscribe(emitter));
    }

    private synchronized void unsubscribe(MultiEmitter<? super SessionEvent> emitter) {
        readers.remove(emitter);
    }

    private Optional<List<SessionEvent>> missedSince(@Nullable String lastSeen) {
        String prefix = epoch + "-";
        if (lastSeen == null || !lastSeen.startsWith(prefix)) {
            return Optional.empty();
        }
        long seen;
        try {
            seen = Long.parseLong(lastSeen.substring(prefix.length()));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
        long missing = sequence - seen;
        if (missing < 0 || missing > recent.size()) {
            return Optional.empty();
        }
        return Optional.of(recent.stream().skip(recent.size() - missing).toList());
    }

    private void publish(SessionEvent event) {
        recent.addLast(event);
        if (recent.size() > REMEMBERED_EVENTS) {
            recent.removeFirst();
        }
        List.copyOf(readers).forEach(reader -> reader.emit(event));
    }

    private String nextId() {
        sequence++;
        return id(sequence);
    }

    private String id(long number) {
        return epoch + "-" + number;
    }
}
