package io.clawpod.spawner.archive;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.spawner.archive.ArchiveTally.Operation;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Whether the archive can be written, by trying it, and what to say if not. Thread-safe. */
final class Storage {
    /** How often it is tried. */
    static final Duration EVERY = Duration.ofSeconds(15);

    private static final Logger LOG = Logger.getLogger(Storage.class);
    private static final Duration WARN_EVERY = Duration.ofMinutes(1);
    private static final byte[] WORDS = "clawpod can write here\n".getBytes(StandardCharsets.US_ASCII);

    private final Store store;
    private final ArchiveTally tally;
    private final Clock clock;
    private final String path;
    private Instant next = Instant.MIN;
    private Instant warnAgain = Instant.MIN;
    private volatile @Nullable StoreFault fault;

    /** @param instance of this process, unlike any other's */
    Storage(Store store, ArchiveTally tally, Clock clock, String instance) {
        this.store = store;
        this.tally = tally;
        this.clock = clock;
        this.path = "probe-" + instance;
    }

    /** Writes a small file and takes it away again, when it is time. Blocks. */
    synchronized void probe() {
        Instant now = clock.instant();
        if (now.isBefore(next)) {
            return;
        }
        next = now.plus(EVERY);
        try {
            store.write(path, WORDS);
            store.delete(path);
            if (fault != null) {
                LOG.infof("archive can be written again place=\"%s\"", store.place());
            }
            fault = null;
        } catch (StoreFault e) {
            fault = e;
            failed(Operation.PROBE, e);
        }
    }

    /** Counts a failure, and says so once in a while. */
    synchronized void failed(Operation operation, StoreFault e) {
        tally.failed(operation);
        Instant now = clock.instant();
        if (!now.isBefore(warnAgain)) {
            warnAgain = now.plus(WARN_EVERY);
            Throwable cause = e.getCause();
            LOG.warnf(
                    "archive fails operation=%s fault=\"%s\" remedy=\"%s\" cause=%s",
                    operation.code(),
                    e.getMessage(),
                    e.remedy(),
                    cause == null ? "none" : cause.getClass().getSimpleName());
        }
        if (e.kind() == StoreFault.Kind.FULL) {
            fault = e;
        }
    }

    /** What is wrong; empty when all is well. */
    Optional<String> warning() {
        StoreFault known = fault;
        return known == null ? Optional.empty() : Optional.of("the archive: " + known.getMessage());
    }

    /** Why nothing new may begin. A full archive is no reason: it loses what is new, and holds up nobody. */
    Optional<Problem> refusal() {
        StoreFault known = fault;
        return known == null || known.kind() == StoreFault.Kind.FULL
                ? Optional.empty()
                : Optional.of(Problem.of(
                        ErrorCode.ARCHIVE_UNAVAILABLE,
                        "what the session leaves could not be kept: " + known.getMessage(),
                        known.remedy() + "; or set clawpod.archive.required=false"));
    }
}
