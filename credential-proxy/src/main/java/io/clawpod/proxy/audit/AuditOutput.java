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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Where audit lines go: standard output, or a file that is rotated. A thread of its own writes them, as many at once as
 * there are, so that a slow reader of standard output never holds an event loop. Lines that then do not fit in the queue
 * are lost, and counted. Thread-safe.
 */
@Singleton
final class AuditOutput {
    static final int QUEUE = 16_384;

    /** How many lines are written at once, at most. */
    private static final int BATCH = 64;

    /**
     * How long a line waits for others. To wake a thread and to write cost more than to make a line, and would be paid for each
     * call: by the event loop, and by the processor that they share.
     */
    private static final Duration GATHER = Duration.ofMillis(10);

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
        List<byte[]> lines = new ArrayList<>(BATCH);
        try {
            boolean open = true;
            while (open) {
                lines.add(queue.take());
                Thread.sleep(GATHER.toMillis());
                do {
                    queue.drainTo(lines, BATCH - lines.size());
                    int end = lines.indexOf(END);
                    open = end < 0;
                    put(open ? lines : lines.subList(0, end));
                    lines.clear();
                } while (open && !queue.isEmpty());
            }
        } catch (InterruptedException e) {
            // Only the end of the process interrupts it.
            Thread.currentThread().interrupt();
        }
    }

    private void put(List<byte[]> lines) {
        ByteArrayOutputStream batch = new ByteArrayOutputStream(
                lines.stream().mapToInt(line -> line.length).sum());
        lines.forEach(batch::writeBytes);
        try {
            batch.writeTo(out);
            out.flush();
            failing = false;
        } catch (IOException e) {
            lost.increment((double) lines.size());
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
