package io.clawpod.spawner.archive;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/** Runs tasks in the order in which they come, one at a time, on the threads of another executor. Thread-safe. */
final class Serial implements Executor {
    private final Executor workers;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();

    Serial(Executor workers) {
        this.workers = workers;
    }

    /** Once the workers have stopped, does nothing. */
    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        if (waiting.getAndIncrement() == 0) {
            next();
        }
    }

    private void next() {
        try {
            workers.execute(this::runOne);
        } catch (RejectedExecutionException stopping) {
            tasks.clear();
        }
    }

    /** One at a time, so that others get their turn. */
    private void runOne() {
        Runnable task = tasks.poll();
        try {
            if (task != null) {
                task.run();
            }
        } finally {
            if (waiting.decrementAndGet() > 0) {
                next();
            }
        }
    }
}
