package io.clawpod.spawner.reap;

import io.clawpod.spawner.reap.Reaping.Due;
import io.clawpod.spawner.session.Heartbeat.OnStale;
import io.clawpod.spawner.session.LastCalls.LastCall;
import io.clawpod.spawner.session.LifeSigns;
import io.clawpod.spawner.session.ReapReason;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Session;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a session is to be ended because it gives no sign of life. What could not be read is never held against it.
 * Pure: no clock, no I/O.
 */
final class Silence {
    private Silence() {}

    /** @param reading the last that succeeded; absent if there is none */
    static Optional<Due> due(
            Session session, @Nullable Reading reading, LastCall call, Instant now, HeartbeatSettings settings) {
        if (!session.isRunning()) {
            return Optional.empty();
        }
        // Older than that, nobody could read in between.
        boolean known = reading != null
                && !reading.at().plus(settings.readEvery().multipliedBy(2)).isBefore(now);
        return stale(session, known ? reading : null, now, settings.endAfter())
                .or(() -> idle(session, known ? reading : null, call, now));
    }

    /** A probe fails for other reasons too, such as a node that is slow: the reading has to say the same. */
    private static Optional<Due> stale(Session session, @Nullable Reading reading, Instant now, Duration endAfter) {
        LifeSigns signs = session.signs();
        LifeSigns.Rule heartbeat = signs.heartbeat();
        if (heartbeat == null
                || heartbeat.onStale() != OnStale.END
                || session.reason() != Reason.HEARTBEAT_STALE
                || signs.staleSince() == null
                || signs.staleSince().plus(endAfter).isAfter(now)
                || reading == null
                || !reading.isOlderThan(heartbeat.maxAge())) {
            return Optional.empty();
        }
        String last = reading.modified() == null
                ? "There is no heartbeat"
                : "The last heartbeat was at " + reading.modified();
        return Optional.of(new Due(
                session,
                ReapReason.HEARTBEAT_STALE,
                last + ", and it may be no older than " + heartbeat.maxAge() + "."));
    }

    private static Optional<Due> idle(Session session, @Nullable Reading reading, LastCall call, Instant now) {
        LifeSigns.Rule heartbeat = session.signs().heartbeat();
        boolean unknown = (heartbeat != null && reading == null)
                || call instanceof LastCall.Unknown
                || (heartbeat == null && call instanceof LastCall.Uncounted);
        if (unknown) {
            return Optional.empty();
        }
        return idleAt(session, reading, call)
                .filter(at -> !at.isAfter(now))
                // Since an older reading it may have given another heartbeat.
                .filter(at -> reading == null || !reading.at().isBefore(at))
                .map(at -> new Due(
                        session,
                        ReapReason.IDLE,
                        "It gave no sign of life for " + session.signs().idle() + "."));
    }

    /** When the session is idle if it gives no further sign of life; empty if it never is, or has not started. */
    static Optional<Instant> idleAt(Session session, @Nullable Reading reading, LastCall call) {
        Duration idle = session.signs().idle();
        Instant last = session.startedAt();
        if (idle == null || last == null) {
            return Optional.empty();
        }
        if (reading != null && reading.age() != null) {
            last = later(last, reading.at().minus(reading.age()));
        }
        if (call instanceof LastCall.At at) {
            last = later(last, at.time());
        }
        return Optional.of(last.plus(idle));
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }
}
