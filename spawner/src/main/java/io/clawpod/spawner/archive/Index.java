package io.clawpod.spawner.archive;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionRecord;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What is in the archive, a few words for each session, as last looked at. Records themselves are read when they are asked for.
 * Blocks; thread-safe.
 */
final class Index {
    private static final Logger LOG = Logger.getLogger(Index.class);
    /** A record has some thousand bytes; the cluster's own words on an end may be long. */
    private static final int MAX_RECORD = 1 << 20;

    private final ObjectMapper json = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .build();
    private final Store store;
    private final Clock clock;
    private volatile Map<String, Kept> byFolder = Map.of();
    private Instant readAt = Instant.MIN;

    Index(Store store, Clock clock) {
        this.store = store;
        this.clock = clock;
    }

    /**
     * A session in the archive.
     *
     * @param key absent if its record is missing or cannot be read
     * @param endedAt of one that has ended; if nobody saw when, a time near it
     * @param hasLog whether its log was read to the end
     * @param version of the stored record
     * @param segments of its log
     */
    record Kept(
            String folder,
            String install,
            String uid,
            @Nullable SessionKey key,
            Instant createdAt,
            boolean ended,
            @Nullable Instant endedAt,
            @Nullable String reason,
            boolean hasLog,
            String version,
            long recordBytes,
            Map<Integer, Long> segments) {
        long bytes() {
            return recordBytes
                    + segments.values().stream().mapToLong(Long::longValue).sum();
        }
    }

    /** All there is, not older than {@code age}. */
    synchronized Collection<Kept> all(Duration age) throws StoreFault {
        Instant now = clock.instant();
        if (readAt.isBefore(now.minus(age))) {
            byFolder = read(store.list(""), byFolder);
            readAt = now;
        }
        return byFolder.values();
    }

    /** All as last looked at. Does not block. */
    Collection<Kept> known() {
        return byFolder.values();
    }

    /** What is kept of a session's pods, now. */
    Collection<Kept> of(SessionKey key) throws StoreFault {
        return read(store.list(Paths.of(key)), byFolder).values();
    }

    private Map<String, Kept> read(List<Store.Entry> entries, Map<String, Kept> before) throws StoreFault {
        Map<String, Store.Entry> records = new HashMap<>();
        Map<String, Map<Integer, Long>> segments = new HashMap<>();
        Set<String> folders = new HashSet<>();
        for (Store.Entry entry : entries) {
            Paths.Named named = Paths.parse(entry.path());
            if (named == null) {
                continue;
            }
            folders.add(named.folder());
            if (named.segment() < 0) {
                records.put(named.folder(), entry);
            } else {
                segments.computeIfAbsent(named.folder(), folder -> new HashMap<>(2))
                        .put(named.segment(), entry.bytes());
            }
        }
        Map<String, Kept> found = new HashMap<>();
        for (String folder : folders) {
            Map<Integer, Long> pieces = segments.getOrDefault(folder, Map.of());
            found.put(folder, kept(folder, records.get(folder), pieces, before.get(folder)));
        }
        return found;
    }

    private Kept kept(String folder, Store.@Nullable Entry entry, Map<Integer, Long> segments, @Nullable Kept before)
            throws StoreFault {
        String version = entry == null ? "" : entry.version();
        if (before != null && before.version().equals(version)) {
            return before.segments().equals(segments)
                    ? before
                    : new Kept(
                            folder,
                            before.install(),
                            before.uid(),
                            before.key(),
                            before.createdAt(),
                            before.ended(),
                            before.endedAt(),
                            before.reason(),
                            before.hasLog(),
                            version,
                            before.recordBytes(),
                            segments);
        }
        SessionRecord record = entry == null ? null : record(folder);
        String[] parts = folder.split("/", -1);
        long bytes = entry == null ? 0 : entry.bytes();
        if (record == null) {
            // A removal that was broken off, or a damaged record: it goes with the oldest.
            return new Kept(
                    folder,
                    parts[0],
                    parts[2],
                    null,
                    Instant.EPOCH,
                    true,
                    Instant.EPOCH,
                    null,
                    false,
                    version,
                    bytes,
                    segments);
        }
        return new Kept(
                folder,
                parts[0],
                parts[2],
                key(record),
                record.createdAt(),
                record.ended(),
                record.endedAt(),
                record.reason(),
                record.log().complete(),
                version,
                bytes,
                segments);
    }

    private static @Nullable SessionKey key(SessionRecord record) {
        try {
            return SessionKey.of(record.install(), record.key());
        } catch (InvalidValue damaged) {
            return null;
        }
    }

    /** The record in a folder; null if there is none, or none that can be read. */
    @Nullable
    SessionRecord record(String folder) throws StoreFault {
        byte[] bytes = store.read(folder + "/" + Paths.RECORD, 0, MAX_RECORD);
        try {
            return bytes.length == 0 ? null : json.readValue(bytes, SessionRecord.class);
        } catch (IOException e) {
            LOG.warnf("archived record damaged folder=%s", folder);
            return null;
        }
    }

    /** Stores a record. */
    void write(String folder, SessionRecord record) throws StoreFault {
        byte[] bytes;
        try {
            bytes = json.writerWithDefaultPrettyPrinter().writeValueAsBytes(record);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of plain values", e);
        }
        store.write(folder + "/" + Paths.RECORD, bytes);
        synchronized (this) {
            readAt = Instant.MIN;
        }
    }

    /** What is kept of the session's pod, now. */
    Optional<Kept> of(Session session) throws StoreFault {
        return of(session.key()).stream()
                .filter(kept -> kept.uid().equals(session.pod().uid()))
                .findFirst();
    }

    List<Kept> sorted(Duration age) throws StoreFault {
        List<Kept> all = new ArrayList<>(all(age));
        all.sort(NEWEST_FIRST);
        return all;
    }

    /** Two pods made in the same second have an order all the same. */
    static final java.util.Comparator<Kept> NEWEST_FIRST = java.util.Comparator.comparing(Kept::createdAt)
            .thenComparing(Kept::uid)
            .reversed();
}
