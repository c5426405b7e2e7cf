package io.clawpod.spawner.cluster;

import io.clawpod.common.Labels;
import io.clawpod.spawner.session.ReapTargets.Seen;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Session;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What the reaper has to know of pods beyond their sessions, by their uids. Thread-safe. */
final class PodMarks {
    private final Map<String, Marks> marks = new ConcurrentHashMap<>();
    private final Clock clock;

    private record Marks(
            @Nullable Instant keptUntil,
            @Nullable Instant graceOver,
            @Nullable Reason reason,
            Instant reasonSince) {}

    PodMarks(Clock clock) {
        this.clock = clock;
    }

    /** Takes how a pod was seen, with the session that it carries. */
    void take(Pod pod, Session session) {
        Instant now = clock.instant();
        marks.compute(session.pod().uid(), (uid, before) -> {
            boolean same = before != null && before.reason == session.reason();
            return new Marks(
                    keptUntil(pod, session, before, now),
                    graceOver(pod),
                    session.reason(),
                    same ? before.reasonSince : now);
        });
    }

    private static @Nullable Instant keptUntil(Pod pod, Session session, @Nullable Marks before, Instant now) {
        // A Job goes by the cluster's own doing.
        if (!session.hasEnded() || session.job() != null) {
            return null;
        }
        if (before != null && before.keptUntil != null && session.endedAt() == null) {
            return before.keptUntil;
        }
        Instant end = session.endedAt() == null ? now : session.endedAt();
        return retention(pod).map(end::plus).orElse(null);
    }

    private static Optional<Duration> retention(Pod pod) {
        try {
            return Optional.ofNullable(pod.getMetadata().getAnnotations().get(Labels.ANNOTATION_RETENTION))
                    .map(Duration::parse);
        } catch (DateTimeParseException e) {
            // Somebody has changed it: what cannot be read keeps the pod.
            return Optional.empty();
        }
    }

    /** The API server writes the time at which the grace is over. */
    private static @Nullable Instant graceOver(Pod pod) {
        return pod.getStatus() != null && EndReasons.isNodeGone(pod.getStatus())
                ? PodConditions.time(pod.getMetadata().getDeletionTimestamp()).orElse(null)
                : null;
    }

    Seen of(Session session) {
        Marks known = marks.get(session.pod().uid());
        return known == null
                ? new Seen(session, null, null, clock.instant())
                : new Seen(session, known.keptUntil, known.graceOver, known.reasonSince);
    }

    void forget(String uid) {
        marks.remove(Objects.requireNonNull(uid));
    }
}
