package io.clawpod.spawner.reap;

import io.clawpod.common.InstallSlug;
import io.clawpod.spawner.session.OwnerLease;
import io.clawpod.spawner.session.OwnerLease.OnLapse;
import io.clawpod.spawner.session.ReapReason;
import io.clawpod.spawner.session.ReapTargets.Seen;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionState;
import io.clawpod.spawner.session.Sweeps.Swept;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Decides what is to be reaped. Pure: no clock, no I/O. */
final class Reaping {
    private Reaping() {}

    /** @param note for people, why */
    record Due(Session session, ReapReason why, String note) {}

    /**
     * What is to be ended or removed now.
     *
     * @param leases at most one for an install; sessions of an install without one are left alone
     * @param ableSince since when hosts could renew their leases without a break, absent if they cannot: what they could not
     *     do is not held against them
     * @param neverStartedAfter how long a held session may wait for its start
     */
    static List<Due> due(
            List<Seen> sessions,
            List<OwnerLease> leases,
            @Nullable Instant ableSince,
            Instant now,
            Duration neverStartedAfter) {
        Map<InstallSlug, OwnerLease> lapsed = ableSince == null
                ? Map.of()
                : leases.stream()
                        .filter(lease -> isLapsed(lease, ableSince, now))
                        .collect(Collectors.toMap(OwnerLease::install, Function.identity()));
        List<Due> due = new ArrayList<>();
        for (Seen seen : sessions) {
            Session session = seen.session();
            OwnerLease lease = lapsed.get(session.key().install());
            if (session.hasEnded()) {
                if (seen.keptUntil() != null && !seen.keptUntil().isAfter(now)) {
                    due.add(new Due(session, ReapReason.RETENTION, "Its time to be kept after its end is over."));
                }
            } else if (isLive(session) && lease != null) {
                due.add(new Due(
                        session,
                        ReapReason.OWNER_LAPSED,
                        "The lease of its install's owner " + lease.holder() + " lapsed at " + lease.lapsesAt()
                                + ", and its grace of " + lease.terms().grace() + " is over."));
            } else if (session.isHeld()
                    && !session.createdAt().plus(neverStartedAfter).isAfter(now)) {
                due.add(new Due(
                        session,
                        ReapReason.NEVER_STARTED,
                        "It has waited for its start for longer than " + neverStartedAfter + "."));
            }
        }
        return due;
    }

    private static boolean isLapsed(OwnerLease lease, Instant ableSince, Instant now) {
        Instant counted = lease.renewedAt().isBefore(ableSince) ? ableSince : lease.renewedAt();
        Instant over = counted.plus(lease.terms().duration()).plus(lease.terms().grace());
        return lease.terms().onLapse() == OnLapse.END && !over.isAfter(now);
    }

    private static boolean isLive(Session session) {
        return !session.hasEnded() && session.state() != SessionState.STOPPING;
    }

    /**
     * What a sweep comes to.
     *
     * @param orphans to be ended
     * @param told what is said of it
     */
    record Sweep(List<Session> orphans, Swept told) {}

    /** @param keep the keys that the install's host has named */
    static Sweep sweep(List<Seen> sessions, InstallSlug install, Set<String> keep) {
        List<Session> own = sessions.stream()
                .map(Seen::session)
                .filter(session -> session.key().install().equals(install))
                .toList();
        List<Session> orphans = own.stream()
                .filter(Reaping::isLive)
                .filter(session -> !keep.contains(session.key().key()))
                .toList();
        Set<String> unknown = new TreeSet<>(keep);
        Set<String> kept = new TreeSet<>();
        for (Session session : own) {
            if (unknown.remove(session.key().key())) {
                kept.add(session.key().key());
            }
        }
        return new Sweep(
                orphans,
                new Swept(
                        orphans.stream()
                                .map(session -> session.key().key())
                                .sorted()
                                .toList(),
                        List.copyOf(kept),
                        List.copyOf(unknown)));
    }
}
