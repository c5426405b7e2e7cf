package io.clawpod.spawner.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Gives the pods that Jobs make their tokens as soon as the watch shows them, on threads of its own. What is left out or fails
 * is done when the pod has waited for some seconds. Thread-safe; never blocks.
 */
final class JobTokens implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(JobTokens.class);
    private static final int THREADS = 4;
    private static final int WAITING = 1_000;

    private final JobWrites jobs;
    private final ThreadPoolExecutor writers;

    JobTokens(JobWrites jobs) {
        this.jobs = jobs;
        this.writers = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                30,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(WAITING),
                task -> {
                    Thread thread = new Thread(task, "job-tokens");
                    thread.setDaemon(true);
                    return thread;
                },
                (task, full) -> LOG.debug("pod of a Job not completed at once, too many wait"));
        writers.allowCoreThreadTimeOut(true);
    }

    void complete(Pod pod) {
        writers.execute(() -> {
            if (jobs.complete(pod)) {
                LOG.infof("pod of a Job completed pod=%s", pod.getMetadata().getName());
            }
        });
    }

    /** Leaves out what still waits. */
    @Override
    public void close() {
        writers.shutdownNow();
    }
}
