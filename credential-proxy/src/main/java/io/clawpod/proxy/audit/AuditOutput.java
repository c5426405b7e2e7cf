package io.clawpod.proxy.audit;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Where audit lines go: standard output, or a file that is rotated. A thread of its own writes them, as many at once as
 * there are, so that a slow reader of standard output never holds an event loop. Lines that then do not fit in the queue
 * are lost, and counted. Thread-safe.
 */
@Singleton
final class AuditOutput {
    static final int QUEUE = 16_384;

    private static final int BATCH_BYTES = 64 * 1024;
    private static final Duration LAST_LINES = Duration.ofSeconds(5);
    private static final Logger LOG = Logger.getLogger(AuditOutput.class);
    /** Stands in the queue for its end. */
    private static final byte[] END = {};

    private final BlockingQueue<byte[]> queue = new ArrayBlockingQueue<>(QUEUE);
    private final OutputStream out;
    private final Counter lost;
    private final Thread writer;
    private boolean failing;

    @Inject
    AuditOutput(
            MeterRegistry meters,
            @ConfigProperty(name = "clawpod.audit.file") Optional<Path> file,
            @ConfigProperty(name = "clawpod.audit.file-bytes") long fileBytes,
            @ConfigProperty(name = "clawpod.audit.files") int files) {
        this(
                meters,
                file.<OutputStream>map(path -> new RotatedFile(path, fileBytes, files))
                        // Not System.out, which the log manager of the process replaces.
                        .orElseGet(() -> new FileOutputStream(FileDescriptor.out)));
    }

    AuditOutput(MeterRegistry meters, OutputStream out) {
        this.out = out;
        this.lost = Counter.builder("clawpod.proxy.audit.lost")
                .description("Audit lines that could not be written")
                .register(meters);
        this.writer = new Thread(this::run, "audit");
        writer.setDaemon(true);
        writer.start();
    }

    /** Hands over a line, which ends in a line feed. Never blocks. */
    void write(byte[] line) {
        if (!queue.offer(line)) {
            lost.increment();
        }
    }

    private void run() {
        ByteArrayOutputStream batch = new ByteArrayOutputStream(BATCH_BYTES);
        try {
            for (byte[] line = queue.take(); line != END; line = queue.take()) {
                int lines = 0;
                for (byte[] next = line; next != null; next = next(batch)) {
                    batch.writeBytes(next);
                    lines++;
                }
                put(batch, lines);
                batch.reset();
            }
        } catch (InterruptedException e) {
            // Only the end of the process interrupts it.
            Thread.currentThread().interrupt();
        }
    }

    private byte @Nullable [] next(ByteArrayOutputStream batch) {
        byte[] next = batch.size() < BATCH_BYTES ? queue.peek() : null;
        return next == null || next == END ? null : queue.poll();
    }

    private void put(ByteArrayOutputStream batch, int lines) {
        try {
            batch.writeTo(out);
            out.flush();
            failing = false;
        } catch (IOException e) {
            lost.increment((double) lines);
            if (!failing) {
                failing = true;
                LOG.errorf("audit lines not written cause=%s", e);
            }
        }
    }

    /** Writes what is left; after everything that ends calls. */
    void stop(@Observes @Priority(Integer.MAX_VALUE) ShutdownEvent event) throws InterruptedException {
        queue.put(END);
        writer.join(LAST_LINES.toMillis());
    }
}
