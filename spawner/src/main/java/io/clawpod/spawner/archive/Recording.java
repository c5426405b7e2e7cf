package io.clawpod.spawner.archive;

import io.clawpod.common.ErrorCode;
import io.clawpod.spawner.archive.ArchiveTally.Operation;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionDetail;
import io.clawpod.spawner.session.SessionRecord;
import io.smallrye.mutiny.subscription.MultiSubscriber;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One session on its way into the archive: follows its log while it runs, and writes its record at the end. Nothing waits: what
 * blocks runs on the archive's workers, one task of a session at a time. A log that cannot be stored is not read on, so the
 * kubelet keeps it, and the agent does not notice. Thread-safe.
 */
final class Recording {
    private static final Logger LOG = Logger.getLogger(Recording.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration MAX_PAUSE = Duration.ofSeconds(15);
    /** How long the log of a session is tried for whose pod is gone, and of one that has ended and is there. */
    private static final Duration PATIENCE_GONE = Duration.ofMinutes(1);

    private static final Duration PATIENCE_THERE = Duration.ofHours(1);

    private final Recorder recorder;
    private final Serial turns;
    private final String folder;
    private volatile Session session;
    private volatile boolean gone;
    private volatile boolean stopped;
    private volatile boolean done;
    private volatile SessionRecord.@Nullable Used used;
    private final AtomicBoolean scheduled = new AtomicBoolean();

    // All of these under this object's lock.
    private @Nullable SessionLog log;
    private @Nullable SessionRecord former;
    private @Nullable SessionDetail detail;
    private final Gaps gaps = new Gaps();
    private boolean truncated;
    private @Nullable Reader reader;
    // Read to an end; to the last one, if the session was known to have ended.
    private boolean pausedAtEnd;
    private boolean drained;
    private boolean incomplete;
    private boolean lost;
    private boolean recordDue = true;
    private boolean wasAway;
    private @Nullable Instant over;
    private final Patience storage = new Patience();
    private final Patience stream = new Patience();

    Recording(Recorder recorder, Session session) {
        this.recorder = recorder;
        this.turns = new Serial(recorder.workers());
        this.session = session;
        this.folder = Paths.of(session);
    }

    String folder() {
        return folder;
    }

    Session session() {
        return session;
    }

    /** Takes how the session is now. */
    void seen(Session now) {
        session = now;
        wake();
    }

    /** Takes that its pod is gone, and how it was last seen. */
    void gone(Session last) {
        session = last;
        gone = true;
        wake();
    }

    boolean isDone() {
        return done;
    }

    void used(SessionRecord.Used now) {
        boolean first = used == null;
        used = now;
        if (first) {
            // So that a process that goes on with it knows something.
            turns.execute(this::recordAnew);
            wake();
        }
    }

    private synchronized void recordAnew() {
        recordDue = true;
    }

    SessionRecord.@Nullable Used used() {
        return used;
    }

    /** Takes that the oldest piece of its log was given up. */
    void truncated(int segment) {
        turns.execute(() -> {
            synchronized (this) {
                truncated = true;
                recordDue = true;
                if (log != null) {
                    log.truncatedTo(segment + 1);
                }
            }
        });
        wake();
    }

    /** Has it look what is to be done. Never waits, also while storage is slow. */
    void wake() {
        if (!done && !stopped && scheduled.compareAndSet(false, true)) {
            turns.execute(this::look);
        }
    }

    /** Lets go, and writes no more: another process goes on. */
    void stop(boolean flush) {
        stopped = true;
        synchronized (this) {
            Reader open = reader;
            reader = null;
            if (open != null) {
                open.cancel();
            }
            if (log == null) {
                return;
            }
            try {
                if (flush) {
                    log.flush();
                }
            } catch (StoreFault e) {
                recorder.storage().failed(Operation.LOG, e);
            }
            log.close();
            log = null;
        }
    }

    private void look() {
        scheduled.set(false);
        synchronized (this) {
            if (stopped || done) {
                return;
            }
            try {
                advance();
            } catch (StoreFault e) {
                failed(e);
            } catch (RuntimeException e) {
                LOG.errorf(e, "recording failed session=%s", session.key());
                storage.failed(recorder.clock().instant());
            }
        }
    }

    /** When what was tried in vain is tried again. */
    private static final class Patience {
        private int vain;
        private Instant notBefore = Instant.MIN;

        boolean isOver(Instant now) {
            return !now.isBefore(notBefore);
        }

        void failed(Instant now) {
            Duration pause = PAUSE.multipliedBy(1L << Math.min(vain, 10));
            notBefore = now.plus(pause.compareTo(MAX_PAUSE) > 0 ? MAX_PAUSE : pause);
            vain++;
        }

        void worked() {
            vain = 0;
            notBefore = Instant.MIN;
        }
    }

    private void failed(StoreFault e) {
        recorder.storage().failed(log != null && log.waiting() == 0 ? Operation.RECORD : Operation.LOG, e);
        if (e.kind() == StoreFault.Kind.CHANGED) {
            // Another has written in the meantime: what is stored tells where to go on.
            forget();
        }
        storage.failed(recorder.clock().instant());
    }

    private void forget() {
        Reader open = reader;
        reader = null;
        if (open != null) {
            open.cancel();
        }
        if (log != null) {
            log.close();
        }
        log = null;
        drained = false;
        pausedAtEnd = false;
    }

    private void advance() throws StoreFault {
        Instant now = recorder.clock().instant();
        if (!storage.isOver(now) || !recorder.mayWrite()) {
            return;
        }
        boolean end = gone || session.hasEnded();
        if (end && over == null) {
            over = now;
            stream.worked();
        }
        gaps.run(session.startedAt());
        if (log == null) {
            open();
        }
        if (former != null && former.ended()) {
            // It was kept before this process led.
            Objects.requireNonNull(log).close();
            done = true;
            return;
        }
        SessionLog open = Objects.requireNonNull(log);
        if (detail == null && !gone && session.startedAt() != null) {
            detail = recorder.detail(session);
            recordDue = recordDue || detail != null;
        }
        // Before the log, which means nothing without it.
        if (recordDue && (!end || (former == null && !gone))) {
            writeRecord(false);
        }
        if ((open.isDue() || (reader == null && open.waiting() > 0)) && !isHopeless(now)) {
            open.flush();
            if (reader != null) {
                reader.more();
            }
        }
        storage.worked();
        boolean readable = session.startedAt() != null || session.hasEnded();
        if (reader == null && readable && !gone && !drained && stream.isOver(now)) {
            follow(open);
        }
        if (end && reader == null && (drained || gone || isHopeless(now))) {
            finish(open, readable);
        } else if (reader != null && isHopeless(now)) {
            reader.cancel();
            reader = null;
            wake();
        }
    }

    private boolean isHopeless(Instant now) {
        return over != null && over.plus(gone ? PATIENCE_GONE : PATIENCE_THERE).isBefore(now);
    }

    private void open() throws StoreFault {
        SessionLog opened = recorder.open(folder);
        former = recorder.index().record(folder);
        if (former != null) {
            gaps.resume(former.log().gaps());
            truncated = truncated || former.log().truncated();
            used = used == null ? former.used() : used;
        }
        wasAway = opened.place() != null;
        log = opened;
    }

    private void follow(SessionLog open) {
        open.reopen();
        Reader next = new Reader();
        reader = next;
        recorder.targets()
                .log(session, open.place(), (after, before) -> turns.execute(() -> missing(next, after, before)))
                .subscribe()
                .with(
                        stream -> stream.subscribe().withSubscriber(next),
                        failure -> turns.execute(() -> next.ended(failure)));
    }

    private void missing(Reader from, Instant after, Instant before) {
        synchronized (this) {
            if (reader == from) {
                gaps.missing(after, before, wasAway);
                recordDue = true;
            }
        }
    }

    private void finish(SessionLog open, boolean readable) throws StoreFault {
        incomplete = lost || (readable && !drained && !(gone && pausedAtEnd));
        open.endOfStream();
        try {
            open.flush();
        } catch (StoreFault e) {
            if (!isHopeless(recorder.clock().instant())) {
                throw e;
            }
            // The record is not lost because the log is: the next turn writes it, with what is stored.
            recorder.tally().dropped(open.waiting());
            lost = true;
            open.close();
            log = null;
            throw e;
        }
        if (!gone) {
            SessionDetail last = recorder.detail(session);
            detail = last == null ? detail : last;
        }
        writeRecord(true);
        done = true;
        open.close();
        recorder.tally().scrubbed(open.totals().scrubbed());
        LOG.infof(
                "session archived session=%s pod=%s bytes=%d complete=%s",
                session.key(), session.pod().name(), open.totals().bytes(), !incomplete);
    }

    private void writeRecord(boolean last) throws StoreFault {
        SessionLog open = Objects.requireNonNull(log);
        SessionRecord.Log kept = new SessionRecord.Log(
                open.totals().bytes(),
                open.totals().lines(),
                open.segments(),
                open.totals().scrubbed(),
                last && !incomplete,
                truncated,
                gaps.found());
        recorder.index()
                .write(
                        folder,
                        Records.of(
                                session,
                                last,
                                recorder.clock().instant(),
                                detail,
                                former,
                                used,
                                kept,
                                recorder.calls().of(session.pod().uid(), last).orElse(null)));
        recordDue = false;
    }

    /** Reads one stream, a piece at a time: the next is asked for when the last is taken. */
    private final class Reader implements MultiSubscriber<byte[]> {
        private volatile Flow.@Nullable Subscription subscription;
        private volatile boolean cancelled;
        // Under the recording's lock.
        private boolean waits;

        @Override
        public void onSubscribe(Flow.Subscription opened) {
            subscription = opened;
            if (cancelled) {
                opened.cancel();
            } else {
                opened.request(1);
            }
        }

        void cancel() {
            cancelled = true;
            Flow.Subscription open = subscription;
            if (open != null) {
                open.cancel();
            }
        }

        /** Goes on after what was read has been stored. */
        void more() {
            Flow.Subscription open = subscription;
            if (waits && open != null) {
                waits = false;
                open.request(1);
            }
        }

        @Override
        public void onItem(byte[] piece) {
            turns.execute(() -> taken(piece));
        }

        private void taken(byte[] piece) {
            synchronized (Recording.this) {
                SessionLog open = log;
                if (reader != this || open == null || stopped) {
                    return;
                }
                if (!recorder.mayWrite()) {
                    forget();
                    return;
                }
                waits = true;
                pausedAtEnd = false;
                try {
                    open.take(piece);
                    wasAway = false;
                    stream.worked();
                    more();
                } catch (StoreFault e) {
                    failed(e);
                }
            }
        }

        @Override
        public void onFailure(Throwable failure) {
            turns.execute(() -> ended(failure));
        }

        @Override
        public void onCompletion() {
            turns.execute(() -> ended(null));
        }

        private void ended(@Nullable Throwable failure) {
            synchronized (Recording.this) {
                if (reader != this) {
                    return;
                }
                reader = null;
                SessionLog open = log;
                boolean none =
                        failure instanceof Refusal refusal && refusal.problem().code() == ErrorCode.LOGS_UNAVAILABLE;
                if (failure == null && open != null) {
                    open.endOfStream();
                }
                pausedAtEnd = failure == null || pausedAtEnd;
                // The end of a stream is the log's only if the agent has ended: its node may have gone away for a
                // moment.
                drained = session.hasEnded() && (failure == null || none);
                if (!drained) {
                    stream.failed(recorder.clock().instant());
                }
            }
            wake();
        }
    }
}
