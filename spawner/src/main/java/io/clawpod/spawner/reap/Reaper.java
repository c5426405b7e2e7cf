package io.clawpod.spawner.reap;

import io.clawpod.spawner.reap.Reaping.Due;
import io.clawpod.spawner.session.OwnerLease;
import io.clawpod.spawner.session.OwnerLeases;
import io.clawpod.spawner.session.ReapReason;
import io.clawpod.spawner.session.ReapTargets;
import io.clawpod.spawner.session.ReapTargets.Seen;
import io.clawpod.spawner.session.Refusal;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Reaps what is due while it leads. Two that lead at once do no harm: every end is asked for one pod by its uid.
 * {@link #reap} is called by one thread at a time; the rest is thread-safe.
 */
public final class Reaper {
    private static final Logger LOG = Logger.getLogger(Reaper.class);

    private final ReapTargets targets;
    private final OwnerLeases leases;
    private final Heartbeats heartbeats;
    private final BooleanSupplier leadership;
    private final BooleanSupplier renewable;
    private final ReapSettings settings;
    private final Clock clock;
    private final ReapTally tally;
    // By the uids of pods, so that a session is reaped for a reason, counted and told of once, however long its pod
    // takes.
    private final Map<String, ReapReason> done = new HashMap<>();
    private volatile boolean leads;
    private volatile @Nullable String fault;
    private @Nullable Instant ableSince;

    /**
     * @param leadership asks for the leadership, or keeps it; says whether it was had
     * @param renewable whether hosts reach this spawner now, to renew their leases
     */
    public Reaper(
            ReapTargets targets,
            OwnerLeases leases,
            Heartbeats heartbeats,
            BooleanSupplier leadership,
            BooleanSupplier renewable,
            ReapSettings settings,
            Clock clock,
            ReapTally tally) {
        this.targets = targets;
        this.leases = leases;
        this.heartbeats = heartbeats;
        this.leadership = leadership;
        this.renewable = renewable;
        this.settings = settings;
        this.clock = clock;
        this.tally = tally;
    }

    /** Whether it led at the last look. */
    public boolean leads() {
        return leads;
    }

    /** What keeps it from seeing the owners' leases, so that none lapses; empty when all is well. */
    public Optional<String> fault() {
        return Optional.ofNullable(fault);
    }

    /** Looks once at everything, and reaps what is due if it leads. To be called every few seconds; blocks. */
    public void reap() {
        List<Seen> seen;
        try {
            seen = targets.seen();
        } catch (Refusal notFresh) {
            ableSince = null;
            leads = false;
            return;
        }
        if (!renewable.getAsBoolean()) {
            ableSince = null;
        } else if (ableSince == null) {
            ableSince = clock.instant();
        }
        leads = leadership.getAsBoolean();
        if (!leads) {
            return;
        }
        done.keySet()
                .retainAll(seen.stream().map(each -> each.session().pod().uid()).collect(Collectors.toSet()));
        Instant now = clock.instant();
        Stream.of(
                        Reaping.due(seen, owners(), ableSince, now, settings.neverStartedAfter()),
                        Overdue.due(seen, now, settings.budgets()),
                        heartbeats.silent(seen, now))
                .flatMap(List::stream)
                // A session that is due for two reasons ends once, for the first.
                .collect(Collectors.toMap(
                        due -> due.session().pod().uid(), due -> due, (first, other) -> first, LinkedHashMap::new))
                .values()
                .stream()
                .filter(due -> done.get(due.session().pod().uid()) != due.why())
                .forEach(this::carryOut);
    }

    /** Without the leases nothing lapses; what does not depend on them goes on. */
    private List<OwnerLease> owners() {
        try {
            List<OwnerLease> all = leases.all();
            fault = null;
            return all;
        } catch (Refusal refusal) {
            fault = refusal.problem().detail();
            ableSince = null;
            return List.of();
        }
    }

    private void carryOut(Due due) {
        String uid = due.session().pod().uid();
        if (settings.dryRun()) {
            LOG.infof(
                    "session would be reaped session=%s pod=%s reason=%s",
                    due.session().key(), due.session().pod().name(), due.why().code());
            done.put(uid, due.why());
            return;
        }
        try {
            if (targets.end(due.session(), due.why(), due.note())) {
                tally.add(due.why());
                done.put(uid, due.why());
            }
        } catch (Refusal refusal) {
            LOG.warnf(
                    "session not reaped session=%s pod=%s reason=%s fault=%s",
                    due.session().key(),
                    due.session().pod().name(),
                    due.why().code(),
                    refusal.problem().detail());
        }
    }
}
