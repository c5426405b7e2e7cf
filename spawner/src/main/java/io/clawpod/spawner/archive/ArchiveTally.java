package io.clawpod.spawner.archive;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** What went wrong with the archive in this process since its start. Thread-safe. */
public final class ArchiveTally {
    /** What was tried. */
    public enum Operation {
        PROBE,
        LOG,
        RECORD,
        RETENTION,
        READ;

        /** As it stands in meters. */
        public String code() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Map<Operation, LongAdder> failures = new EnumMap<>(Operation.class);
    private final LongAdder dropped = new LongAdder();
    private final LongAdder scrubbed = new LongAdder();

    public ArchiveTally() {
        for (Operation operation : Operation.values()) {
            failures.put(operation, new LongAdder());
        }
    }

    void failed(Operation operation) {
        Objects.requireNonNull(failures.get(operation)).increment();
    }

    void dropped(long bytes) {
        dropped.add(bytes);
    }

    void scrubbed(long secrets) {
        scrubbed.add(secrets);
    }

    /** How often an operation has failed. */
    public long failures(Operation operation) {
        return Objects.requireNonNull(failures.get(operation)).sum();
    }

    /** How many bytes of logs were read and could not be stored. */
    public long droppedBytes() {
        return dropped.sum();
    }

    /** How many secrets were taken out of logs. */
    public long scrubbed() {
        return scrubbed.sum();
    }
}
