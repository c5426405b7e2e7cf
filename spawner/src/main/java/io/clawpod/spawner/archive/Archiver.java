package io.clawpod.spawner.archive;

import io.clawpod.common.SessionKey;
import io.clawpod.spawner.archive.ArchiveTally.Operation;
import io.clawpod.spawner.session.Processes;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionEvent;
import io.clawpod.spawner.session.SessionRecord;
import io.smallrye.mutiny.subscription.Cancellable;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Records all sessions while it leads, and gives up what the archive is not to keep any longer. {@link #tick} is called by one
 * thread at a time; the rest is thread-safe.
 */
final class Archiver {
    /** For how long a leadership is believed after it was had: less than another waits before it takes over. */
    static final Duration BELIEVED = Duration.ofSeconds(10);

    private static final Logger LOG = Logger.getLogger(Archiver.class);
    private static final Duration ASK_EVERY = Duration.ofSeconds(3);
    private static final Duration SWEEP_EVERY = Duration.ofMinutes(1);
    /** How many sessions without a pod may wait for storage that does not take their records. */
    private static final int MAX_WAITING = 2000;

    private final Recorder recorder;
    private final ArchiveSettings settings;
    private final BooleanSupplier leadership;
    private final UsageSampler sampler;
    private final ConcurrentMap<String, Recording> recordings = new ConcurrentHashMap<>();
    private final Map<String, Session> seen = new HashMap<>();
    /** The uid of each session's pod; a Job has one after the other. */
    private final Map<SessionKey, String> carriers = new HashMap<>();

    private volatile Instant leadsUntil = Instant.MIN;
    private @Nullable Cancellable watching;
    private volatile boolean broken;
    private Instant nextAsk = Instant.MIN;
    private volatile Instant nextSweep = Instant.MIN;
    private volatile boolean behind;
    private final Serial sweeps;

    /**
     * @param leadership asks for the leadership, or keeps it; says whether it was had. Blocks
     * @param recorder whose {@code leads} is {@link #leads}
     */
    Archiver(RecorderSource recorder, ArchiveSettings settings, BooleanSupplier leadership, Processes processes) {
        this.recorder = recorder.with(this::leads);
        this.sweeps = new Serial(this.recorder.workers());
        this.settings = settings;
        this.leadership = leadership;
        this.sampler = new UsageSampler(processes, this.recorder.clock(), settings.usageEvery());
    }

    /** Gives what recordings share, once it is known who tells whether they may write. */
    @FunctionalInterface
    interface RecorderSource {
        Recorder with(BooleanSupplier leads);
    }

    /** Whether this process writes the archive. */
    boolean leads() {
        return recorder.clock().instant().isBefore(leadsUntil);
    }

    /** Looks once at everything. To be called every second or so; blocks. */
    void tick() {
        Instant asked = recorder.clock().instant();
        boolean ask = !asked.isBefore(nextAsk);
        nextAsk = ask ? asked.plus(ASK_EVERY) : nextAsk;
        if (ask && leadership.getAsBoolean()) {
            boolean took = !leads();
            leadsUntil = asked.plus(BELIEVED);
            if (took) {
                letGo(false);
            }
        }
        if (!leads()) {
            letGo(false);
            return;
        }
        watch();
        recordings.values().removeIf(Recording::isDone);
        recordings.values().forEach(Recording::wake);
        sampler.sample(recordings.values());
        if (!asked.isBefore(nextSweep)) {
            nextSweep = Instant.MAX;
            // Storage may be slow, and the leadership has to be kept.
            sweeps.execute(() -> sweep(asked));
        }
    }

    private void watch() {
        if (watching != null && !broken) {
            return;
        }
        broken = false;
        behind = true;
        watching = recorder.targets()
                .changes()
                .emitOn(new Serial(recorder.workers()))
                .subscribe()
                .with(this::take, failure -> broken = true, () -> broken = true);
    }

    private void take(SessionEvent event) {
        synchronized (seen) {
            if (event instanceof SessionEvent.Changed changed) {
                changed(changed.session());
            } else if (event instanceof SessionEvent.Removed removed) {
                gone(removed.session());
            } else if (event instanceof SessionEvent.Resync resync) {
                Map<String, Session> before = new HashMap<>(seen);
                resync.sessions().forEach(session -> {
                    before.remove(session.pod().uid());
                    changed(session);
                });
                before.values().forEach(this::gone);
            }
        }
    }

    private void changed(Session session) {
        String former = carriers.put(session.key(), session.pod().uid());
        Session before = former == null || former.equals(session.pod().uid()) ? null : seen.get(former);
        if (before != null && isPod(before)) {
            gone(before);
        } else if (before != null) {
            seen.remove(former);
        }
        seen.put(session.pod().uid(), session);
        if (session.startedAt() == null && !session.hasEnded()) {
            Recording begun = recordings.get(session.pod().uid());
            if (begun != null) {
                begun.seen(session);
            }
            return;
        }
        recording(session).seen(session);
    }

    /** A Job that has no pod yet stands for itself, and has nothing to keep. */
    private static boolean isPod(Session session) {
        Session.Job job = session.job();
        return job == null || !job.uid().equals(session.pod().uid());
    }

    private void gone(Session session) {
        seen.remove(session.pod().uid());
        carriers.remove(session.key(), session.pod().uid());
        if (recordings.size() < MAX_WAITING + seen.size()) {
            recording(session).gone(session);
        } else {
            recordings.remove(session.pod().uid());
            recorder.tally().failed(Operation.RECORD);
        }
    }

    private Recording recording(Session session) {
        return recordings.computeIfAbsent(session.pod().uid(), uid -> new Recording(recorder, session));
    }

    private void letGo(boolean flush) {
        if (watching != null) {
            watching.cancel();
            watching = null;
        }
        synchronized (seen) {
            seen.clear();
            carriers.clear();
        }
        recordings.values().forEach(recording -> recording.stop(flush));
        recordings.clear();
        nextSweep = Instant.MIN;
    }

    private void sweep(Instant now) {
        Instant next = now.plus(SWEEP_EVERY);
        try {
            recorder.index().all(Duration.ZERO);
            if (behind) {
                endLost();
                behind = false;
            }
            List<Retention.Loss> losses =
                    Retention.losses(recorder.index().known(), now, settings.maxAge(), settings.maxBytes());
            for (Retention.Loss loss : losses) {
                if (leads()) {
                    carryOut(loss);
                }
            }
        } catch (StoreFault e) {
            recorder.storage().failed(Operation.RETENTION, e);
            next = now.plus(Storage.EVERY);
        } catch (Refusal stale) {
            next = now.plusSeconds(1);
        } finally {
            nextSweep = next;
        }
    }

    private void carryOut(Retention.Loss loss) throws StoreFault {
        Index.Kept kept = loss.kept();
        Recording running = recordings.get(kept.uid());
        if (loss instanceof Retention.Loss.Oldest oldest) {
            recorder.store().delete(Paths.segment(kept.folder(), oldest.segment()));
            if (running != null) {
                running.truncated(oldest.segment());
            }
            LOG.infof("archived log shortened folder=%s segment=%d", kept.folder(), oldest.segment());
        } else if (running == null || running.isDone()) {
            for (int segment : kept.segments().keySet()) {
                recorder.store().delete(Paths.segment(kept.folder(), segment));
            }
            // Last, so that a removal that is broken off is taken up again.
            recorder.store().delete(kept.folder() + "/" + Paths.RECORD);
            LOG.infof("archived session given up folder=%s bytes=%d", kept.folder(), kept.bytes());
        }
    }

    /** Sessions whose pods went while nobody watched get their last word, with the log as far as it came. */
    private void endLost() throws StoreFault {
        List<Session> there = recorder.targets().seen();
        for (Index.Kept kept : recorder.index().known()) {
            boolean lives =
                    there.stream().anyMatch(session -> session.pod().uid().equals(kept.uid()));
            if (kept.ended() || lives || recordings.containsKey(kept.uid())) {
                continue;
            }
            SessionRecord record = recorder.index().record(kept.folder());
            if (record == null || record.ended()) {
                continue;
            }
            SessionLog log = recorder.open(kept.folder());
            SessionRecord.Log stored = new SessionRecord.Log(
                    log.totals().bytes(),
                    log.totals().lines(),
                    log.segments(),
                    log.totals().scrubbed(),
                    false,
                    record.log().truncated(),
                    record.log().gaps());
            log.close();
            recorder.index()
                    .write(kept.folder(), Records.lost(record, recorder.clock().instant(), stored));
        }
    }

    /** Stores what is in memory, and lets go. */
    void close() {
        letGo(leads());
        leadsUntil = Instant.MIN;
    }
}
