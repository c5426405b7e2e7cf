package io.clawpod.spawner.reap;

import io.clawpod.spawner.reap.Reaping.Due;
import io.clawpod.spawner.session.ReapReason;
import io.clawpod.spawner.session.ReapTargets.Seen;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Decides which sessions take too long to begin, or to go. Pure: no clock, no I/O. */
final class Overdue {
    private Overdue() {}

    static List<Due> due(List<Seen> sessions, Instant now, Budgets budgets) {
        return sessions.stream()
                .flatMap(seen ->
                        Stream.concat(waiting(seen, now, budgets).stream(), abandoned(seen, now, budgets).stream()))
                .toList();
    }

    private static Optional<Due> abandoned(Seen seen, Instant now, Budgets budgets) {
        Instant over = seen.graceOver();
        return over == null || !isOver(over, budgets.nodeGone(), now)
                ? Optional.empty()
                : Optional.of(
                        new Due(
                                seen.session(),
                                ReapReason.NODE_GONE,
                                "Its grace was over at " + over + ", and its node "
                                        + seen.session().pod().node()
                                        + " has been silent since; its processes may go on there, with a token that is worth nothing."));
    }

    private static Optional<Due> waiting(Seen seen, Instant now, Budgets budgets) {
        Session session = seen.session();
        Reason reason = session.reason();
        if (session.state() != SessionState.PENDING || reason == null) {
            return Optional.empty();
        }
        // A pod does not tell when it came to this; it may have waited for something else before.
        Instant seenSince = later(session.since(), seen.reasonSince());
        if (reason == Reason.UNSCHEDULED) {
            return over(seen, session.since(), budgets.schedule(), now, ReapReason.SCHEDULE_TIMEOUT, "No node took it");
        }
        if (reason == Reason.STARTING) {
            return over(seen, session.since(), budgets.start(), now, ReapReason.START_TIMEOUT, "It did not start");
        }
        if (reason == Reason.CONFIG_ERROR) {
            return over(
                    seen, seenSince, budgets.start(), now, ReapReason.START_TIMEOUT, "Its container could not be made");
        }
        if (reason == Reason.PULLING || reason.isImageFault()) {
            Optional<Due> definite = reason.isDefiniteImageFault()
                    ? over(seen, seenSince, budgets.imageError(), now, ReapReason.IMAGE_FAULT, "It had no image")
                    : Optional.empty();
            return definite.or(() -> over(
                    seen, session.since(), budgets.pull(), now, ReapReason.PULL_TIMEOUT, "Its image was not there"));
        }
        return Optional.empty();
    }

    private static Optional<Due> over(
            Seen seen, Instant since, Duration budget, Instant now, ReapReason why, String what) {
        if (!isOver(since, budget, now)) {
            return Optional.empty();
        }
        @Nullable String message = seen.session().message();
        return Optional.of(
                new Due(seen.session(), why, what + " within " + budget + (message == null ? "." : ": " + message)));
    }

    private static boolean isOver(Instant since, Duration budget, Instant now) {
        return !since.plus(budget).isAfter(now);
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }
}
