package io.clawpod.spawner.cluster;

import io.clawpod.common.SessionKey;
import io.clawpod.spawner.cluster.JobClassifier.Facts;
import io.clawpod.spawner.session.Session;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Brings together what two watches say: the Jobs that carry sessions, and each one's pods. They say it in no order between
 * them, so each word is taken as it comes, and the store gets what all of them come to. Thread-safe.
 */
final class JobRoster {
    private static final int REMEMBERED_REMOVALS = 4096;
    // Of two pods made in one second it is the one that lives.
    private static final Comparator<Session> AGE = Comparator.comparing(Session::createdAt)
            .thenComparing(session -> !session.hasEnded())
            .thenComparing(session -> session.pod().uid());

    private final SessionStore store;
    private final Map<String, Entry> byUid = new HashMap<>();
    private final Map<String, String> jobOfPod = new HashMap<>();
    /** Of a Job that is made anew under its name the pods of the former may still be told. */
    private final Map<SessionKey, String> carriers = new HashMap<>();

    private final Set<String> removed = new LinkedHashSet<>();

    private static final class Entry {
        private @Nullable Facts job;
        private boolean jobGone;
        private final Map<String, Session> pods = new LinkedHashMap<>();
        /** The newest of those that are gone and had ended. */
        private @Nullable Session last;
    }

    JobRoster(SessionStore store) {
        this.store = store;
    }

    /** Takes what the watch saw of a Job. */
    synchronized void job(Facts job) {
        Entry entry = byUid.computeIfAbsent(job.uid(), uid -> new Entry());
        entry.job = job;
        carriers.put(job.unmade().key(), job.uid());
        tell(job.uid(), entry);
    }

    /** Takes what the API server answered to a change of a Job that is known, before the watch brings it. */
    synchronized void noted(Facts job) {
        if (byUid.containsKey(job.uid()) && !removed.contains(job.uid())) {
            job(job);
        }
    }

    /**
     * Takes what the API server answered to a write. The watch may have seen more by now.
     *
     * @return the session as that answer has it
     */
    synchronized Session written(Facts job) {
        Entry entry = byUid.get(job.uid());
        if ((entry == null || entry.job == null) && !removed.contains(job.uid())) {
            job(job);
        }
        entry = byUid.get(job.uid());
        return JobClassifier.session(job, entry == null ? null : newest(entry));
    }

    /** Takes that a Job is gone; its pods may still be there. */
    synchronized void jobGone(String uid) {
        Entry entry = byUid.get(uid);
        if (entry != null && entry.job != null) {
            entry.job = entry.job.gone();
            entry.jobGone = true;
            if (!removeIfEmpty(uid, entry)) {
                tell(uid, entry);
            }
        }
    }

    /** Takes what the watch saw of a Job's pod. */
    synchronized void pod(Session session) {
        Session.Job job = session.job();
        if (job == null || removed.contains(job.uid())) {
            return;
        }
        Entry entry = byUid.computeIfAbsent(job.uid(), uid -> new Entry());
        entry.pods.put(session.pod().uid(), session);
        jobOfPod.put(session.pod().uid(), job.uid());
        carriers.putIfAbsent(session.key(), job.uid());
        tell(job.uid(), entry);
    }

    /**
     * Takes that a pod is gone.
     *
     * @param last the session as that pod was last seen, if the watch saw that
     * @return whether it was a Job's
     */
    synchronized boolean podGone(String podUid, @Nullable Session last) {
        String uid = jobOfPod.remove(podUid);
        Entry entry = uid == null ? null : byUid.get(uid);
        if (uid == null || entry == null) {
            return uid != null;
        }
        Session known = entry.pods.remove(podUid);
        Session seen = last == null ? known : last;
        if (seen != null && seen.hasEnded()) {
            entry.last = entry.last == null ? seen : newer(entry.last, seen);
        }
        if (!removeIfEmpty(uid, entry)) {
            tell(uid, entry);
        }
        return true;
    }

    private boolean removeIfEmpty(String uid, Entry entry) {
        if (!entry.pods.isEmpty() || (entry.job != null && !entry.jobGone)) {
            return false;
        }
        byUid.remove(uid);
        carriers.values().remove(uid);
        store.removeJob(uid);
        if (entry.job == null) {
            // The watch on Jobs is behind, and will still bring it.
            return true;
        }
        removed.add(uid);
        if (removed.size() > REMEMBERED_REMOVALS) {
            removed.remove(removed.iterator().next());
        }
        return true;
    }

    private static @Nullable Session newest(Entry entry) {
        return entry.pods.values().stream().max(AGE).orElse(null);
    }

    private static Session newer(Session one, Session other) {
        return AGE.compare(one, other) < 0 ? other : one;
    }

    private void tell(String uid, Entry entry) {
        Session newest = newest(entry);
        Facts job = entry.job;
        // Once no other pod comes, the end of the last is what the agent ended with, also when that pod is gone: a Job
        // that fails
        // by its deadline takes it away, and leaves those that failed before.
        boolean over = job != null && (job.deleted() || job.outcome() != JobClassifier.Outcome.OPEN);
        Session pod = over && entry.last != null ? (newest == null ? entry.last : newer(newest, entry.last)) : newest;
        if (job == null && pod == null) {
            return;
        }
        Session session = JobClassifier.session(job, pod);
        if (uid.equals(carriers.get(session.key()))) {
            store.put(session);
        }
    }
}
