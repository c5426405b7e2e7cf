package io.clawpod.spawner.archive;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.InstallSlug;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.Problem;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.archive.ArchiveTally.Operation;
import io.clawpod.spawner.archive.Index.Kept;
import io.clawpod.spawner.session.Archive;
import io.clawpod.spawner.session.ArchiveTargets;
import io.clawpod.spawner.session.CallCounts;
import io.clawpod.spawner.session.Processes;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionRecord;
import io.clawpod.spawner.session.Sessions.LogQuery;
import io.clawpod.spawner.session.Sessions.Logs;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The archive in some storage: written by the replica that leads, read by every one. Thread-safe. */
public final class StoredArchive implements Archive, AutoCloseable {
    /** How old what a reader is shown may be: another replica writes it. */
    private static final Duration FRESH = Duration.ofSeconds(2);

    private static final int WORKERS = 4;
    private static final Duration SETTLING = Duration.ofMillis(200);
    private static final int SETTLING_TRIES = 25;

    private final Store store;
    private final ArchiveTargets targets;
    private final Index index;
    private final Storage storage;
    private final boolean required;
    private final ArchiveTally tally;
    private final ExecutorService workers;
    private final Archiver archiver;

    /**
     * @param leadership asks for the leadership, or keeps it; says whether it was had. Blocks
     * @param instance of this process, unlike any other's
     */
    StoredArchive(
            Store store,
            ArchiveSettings settings,
            ArchiveTargets targets,
            Processes processes,
            CallCounts calls,
            BooleanSupplier leadership,
            ArchiveTally tally,
            Clock clock,
            String instance) {
        this.store = store;
        this.targets = targets;
        this.tally = tally;
        this.required = settings.required();
        this.index = new Index(store, clock);
        this.storage = new Storage(store, tally, clock, instance);
        AtomicInteger number = new AtomicInteger();
        this.workers = Executors.newFixedThreadPool(WORKERS, work -> {
            Thread thread = new Thread(work, "archive-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        AtomicLong held = new AtomicLong();
        this.archiver = new Archiver(
                leads -> new Recorder(
                        targets, calls, store, index, storage, tally, settings.limits(), clock, workers, held, leads),
                settings,
                leadership,
                processes);
    }

    /** Records while it leads. To be called every second or so; blocks. */
    public void tick() {
        archiver.tick();
    }

    /** Tries whether it can be written, when it is time again. To be called every few seconds; blocks. */
    public void probe() {
        storage.probe();
    }

    /** Whether this replica writes it. */
    public boolean leads() {
        return archiver.leads();
    }

    /** How many sessions are in it, as last looked at. */
    public int sessions() {
        return index.known().size();
    }

    /** How many bytes are in it, as last looked at. */
    public long bytes() {
        return index.known().stream().mapToLong(Kept::bytes).sum();
    }

    @Override
    public Optional<Problem> refusal() {
        return required ? storage.refusal() : Optional.empty();
    }

    @Override
    public List<String> warnings() {
        return storage.warning().map(List::of).orElse(List.of());
    }

    @Override
    public boolean hasAll(Session session) {
        return reading(() -> index.of(session).map(Kept::ended).orElse(false));
    }

    @Override
    public @Nullable SessionRecord find(InstallSlug install, String podUid) {
        if (!Paths.isUid(podUid)) {
            return null;
        }
        return reading(() -> {
                    for (Kept kept : index.all(FRESH)) {
                        if (kept.uid().equals(podUid) && kept.install().equals(install.value())) {
                            return Optional.ofNullable(index.record(kept.folder()));
                        }
                    }
                    return Optional.<SessionRecord>empty();
                })
                .orElse(null);
    }

    @Override
    public @Nullable SessionRecord newest(SessionKey key) {
        return reading(() -> {
                    Optional<Kept> newest = index.of(key).stream()
                            .filter(kept -> kept.key() != null)
                            .min(Index.NEWEST_FIRST);
                    return newest.isEmpty()
                            ? Optional.<SessionRecord>empty()
                            : Optional.ofNullable(index.record(newest.get().folder()));
                })
                .orElse(null);
    }

    @Override
    public List<SessionRecord> newest(Predicate<SessionKey> filter) {
        return reading(() -> {
            Map<SessionKey, Kept> newest = new LinkedHashMap<>();
            for (Kept kept : index.sorted(FRESH)) {
                if (kept.key() != null && filter.test(kept.key())) {
                    newest.putIfAbsent(kept.key(), kept);
                }
            }
            List<SessionRecord> records = new ArrayList<>();
            for (Kept kept : newest.values()) {
                SessionRecord record = index.record(kept.folder());
                if (record != null) {
                    records.add(record);
                }
            }
            return records;
        });
    }

    @Override
    public Page list(InstallSlug install, Filter filter) {
        return reading(() -> {
            List<Kept> found = new ArrayList<>();
            String after = filter.after() == null ? null : after(filter.after());
            boolean passed = after == null;
            for (Kept kept : index.sorted(FRESH)) {
                if (passed && matches(kept, install, filter)) {
                    found.add(kept);
                }
                // The one that it names may be gone by now: its place stays.
                passed = passed || token(kept).compareTo(Objects.requireNonNull(after)) <= 0;
                if (found.size() > filter.limit()) {
                    break;
                }
            }
            boolean more = found.size() > filter.limit();
            List<Kept> page = more ? found.subList(0, filter.limit()) : found;
            List<SessionRecord> records = new ArrayList<>();
            for (Kept kept : page) {
                SessionRecord record = index.record(kept.folder());
                if (record != null) {
                    records.add(record);
                }
            }
            String next = more ? encoded(token(page.get(page.size() - 1))) : null;
            return new Page(records, next);
        });
    }

    private static boolean matches(Kept kept, InstallSlug install, Filter filter) {
        return kept.install().equals(install.value())
                && kept.key() != null
                && (filter.key() == null || filter.key().equals(kept.key().key()))
                && (filter.reason() == null || filter.reason().equals(kept.reason()))
                && (filter.since() == null
                        || kept.endedAt() == null
                        || !kept.endedAt().isBefore(filter.since()));
    }

    /** Of the same order as the list; the time has a fixed length until the year 10000. */
    private static String token(Kept kept) {
        return kept.createdAt().toEpochMilli() + " " + kept.uid();
    }

    private static String encoded(String token) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(token.getBytes(StandardCharsets.UTF_8));
    }

    private static String after(String token) {
        try {
            return new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new InvalidValue("continue", "is no page token", "use the one that the page before gave");
        }
    }

    @Override
    public Uni<Logs> log(SessionRecord record, LogQuery query) {
        String folder = Paths.of(SessionKey.of(record.install(), record.key())) + "/"
                + record.pod().uid();
        return settled(record, folder, SETTLING_TRIES)
                .onItem()
                .transformToUni(settled -> Uni.createFrom()
                        .<Logs>item(() -> reading(() ->
                                new Logs.Stream(LogReading.open(StoredLog.find(store, folder), query).stream(workers))))
                        .runSubscriptionOn(workers));
    }

    private Uni<SessionRecord> settled(SessionRecord record, String folder, int tries) {
        if (record.ended() || tries == 0 || lives(record)) {
            return Uni.createFrom().item(record);
        }
        return Uni.createFrom()
                .item(record)
                .onItem()
                .delayIt()
                .by(SETTLING)
                .map(former ->
                        reading(() -> Optional.ofNullable(index.record(folder))).orElse(former))
                .runSubscriptionOn(workers)
                .chain(now -> settled(now, folder, tries - 1));
    }

    private boolean lives(SessionRecord record) {
        try {
            return targets.seen().stream()
                    .anyMatch(session -> session.pod().uid().equals(record.pod().uid()) && !session.hasEnded());
        } catch (Refusal stale) {
            return true;
        }
    }

    @FunctionalInterface
    private interface Reading<T> {
        T get() throws StoreFault;
    }

    private <T> T reading(Reading<T> read) {
        try {
            return read.get();
        } catch (StoreFault e) {
            storage.failed(Operation.READ, e);
            throw new Refusal(Problem.of(
                    ErrorCode.ARCHIVE_UNAVAILABLE, "the archive cannot be read: " + e.getMessage(), e.remedy()));
        }
    }

    /** What has gone wrong so far. */
    public ArchiveTally tally() {
        return tally;
    }

    /** Stores what is in memory, and stops. */
    @Override
    public void close() {
        archiver.close();
        workers.shutdown();
        try {
            if (!workers.awaitTermination(5, TimeUnit.SECONDS)) {
                workers.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        store.close();
    }
}
