package io.clawpod.local.kubelet;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.clawpod.local.apiserver.ObjectStore;
import io.clawpod.local.apiserver.PodLogs;
import io.clawpod.local.apiserver.ResourcePath;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Takes one pod through its life, on a thread of its own. */
final class PodWorker {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long RETRY_MS = 200;
    private static final long IMAGE_RETRY_MS = 1_000;
    private static final long RESTART_BACKOFF_MS = 1_000;
    private static final int CANNOT_RUN = 128;

    private final Pod pod;
    private final Container container;
    private final ResourcePath path;
    private final String uid;
    private final ObjectStore store;
    private final Images images;
    private final PodAddresses addresses;
    private final Services services;
    private final Guard guard;
    private final Clock clock;
    private final Path folderPath;
    private final Thread thread;

    private final Object lock = new Object();
    private boolean removed;
    private long killAtNanos;
    private boolean terminating;
    private volatile String waitingReason = "ContainerCreating";
    private volatile @Nullable PodLog log;
    private volatile @Nullable ContainerProcess process;

    /** Everything that a container needs to start. */
    private record Prepared(List<String> command, Map<String, String> env, Path image, Path workdir) {}

    PodWorker(
            Pod pod,
            ObjectStore store,
            Images images,
            PodAddresses addresses,
            Services services,
            Guard guard,
            Clock clock,
            Path folder) {
        this.pod = pod;
        this.container = pod.getSpec().getContainers().get(0);
        this.path = ResourcePath.pod(
                pod.getMetadata().getNamespace(), pod.getMetadata().getName());
        this.uid = pod.getMetadata().getUid();
        this.store = store;
        this.images = images;
        this.addresses = addresses;
        this.services = services;
        this.guard = guard;
        this.clock = clock;
        this.folderPath = folder;
        thread = new Thread(this::run, "pod-" + path.name());
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** The pod is being deleted; a later call can only shorten the time. */
    void terminate(long graceSeconds) {
        synchronized (lock) {
            long at = System.nanoTime() + graceSeconds * 1_000_000_000L;
            if (!terminating || at - killAtNanos < 0) {
                killAtNanos = at;
            }
            terminating = true;
            lock.notifyAll();
        }
    }

    /** The pod is gone from the API server. */
    void removed() {
        synchronized (lock) {
            removed = true;
            lock.notifyAll();
        }
    }

    void join() {
        try {
            thread.join(10_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Nullable
    PodLog log() {
        return log;
    }

    String waitingReason() {
        return waitingReason;
    }

    List<ProcessHandle> processes() {
        ContainerProcess running = process;
        return running == null || !running.alive()
                ? List.of()
                : Stream.concat(Stream.of(running.handle()), running.handle().descendants())
                        .toList();
    }

    private void run() {
        InetAddress address = addresses.take();
        PodState state = new PodState(pod, address.getHostAddress(), clock.instant());
        try (ServiceLinks links = new ServiceLinks(pod, address, services)) {
            PodFolder folder = new PodFolder(folderPath);
            try {
                bind();
                live(state, folder, links, address.getHostAddress());
                closeLog();
                awaitRemoval();
            } finally {
                closeLog();
                folder.delete();
            }
        } catch (IOException e) {
            state.ended(false, "NodeFailure", "the embedded node failed: " + e.getMessage());
            publish(state);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            addresses.release(address);
        }
    }

    /** Those who follow the log come to its end. */
    private void closeLog() throws IOException {
        PodLog open = log;
        if (open != null) {
            open.close();
        }
    }

    /** What the scheduler does. */
    private void bind() {
        store.edit(path, uid, object -> {
            object.withObject("/spec").put("nodeName", Kubelet.NODE);
            return object;
        });
    }

    private void publish(PodState state) {
        store.edit(path, uid, object -> {
            object.set("status", JSON.valueToTree(state.status(clock.instant())));
            return object;
        });
    }

    private void live(PodState state, PodFolder folder, ServiceLinks links, String ip)
            throws IOException, InterruptedException {
        boolean initialised = !Objects.requireNonNullElse(pod.getSpec().getInitContainers(), List.of())
                .isEmpty();
        if (initialised || pod.getSpec().getContainers().size() > 1) {
            state.ended(false, "Unsupported", "the embedded cluster runs pods of one container alone");
            publish(state);
            return;
        }
        Long deadline = pod.getSpec().getActiveDeadlineSeconds();
        long deadlineNanos = System.nanoTime() + (deadline == null ? Long.MAX_VALUE / 2 : deadline * 1_000_000_000L);
        publish(state);
        while (true) {
            Prepared prepared = prepare(state, folder, links, ip);
            if (prepared == null) {
                return;
            }
            Run run = runContainer(state, folder, prepared, deadlineNanos);
            if (run.overdue()) {
                state.ended(false, "DeadlineExceeded", "Pod was active on the node longer than the specified deadline");
                publish(state);
                return;
            }
            String policy = pod.getSpec().getRestartPolicy();
            boolean again = policy.equals("Always") || (policy.equals("OnFailure") && run.code() != 0);
            if (!again || stopping()) {
                state.ended(run.code() == 0, null, null);
                publish(state);
                return;
            }
            state.restarting();
            waiting(state, "CrashLoopBackOff", "back-off restarting failed container=" + container.getName());
            pause(RESTART_BACKOFF_MS);
        }
    }

    /** @param overdue whether the deadline of the pod ended it */
    private record Run(int code, boolean overdue) {}

    private Run runContainer(PodState state, PodFolder folder, Prepared prepared, long deadlineNanos)
            throws IOException, InterruptedException {
        PodLog current = log;
        if (current == null) {
            current = new PodLog(folder.file(container.getName() + ".log"), clock);
            log = current;
        }
        Instant startedAt = clock.instant();
        ContainerProcess started;
        try {
            started = new ContainerProcess(
                    guard, prepared.command(), prepared.env(), prepared.image(), prepared.workdir(), current);
        } catch (IOException e) {
            byte[] why = (e.getMessage() + "\n").getBytes(StandardCharsets.UTF_8);
            current.append("stderr", why, why.length);
            state.terminated(CANNOT_RUN, startedAt, clock.instant(), "StartError", null);
            publish(state);
            return new Run(CANNOT_RUN, false);
        }
        process = started;
        started.onExit(() -> {
            synchronized (lock) {
                lock.notifyAll();
            }
        });
        state.running(startedAt, container.getReadinessProbe() == null);
        publish(state);
        boolean overdue = await(state, started, prepared, deadlineNanos);
        int code = started.finish();
        process = null;
        state.terminated(code, startedAt, clock.instant(), null, lastWords(code, current));
        return new Run(code, overdue);
    }

    /** What the policy FallbackToLogsOnError makes of a failed container's log: its last 80 lines, at most 2048 bytes. */
    private @Nullable String lastWords(int code, PodLog current) throws IOException, InterruptedException {
        if (code == 0 || !"FallbackToLogsOnError".equals(container.getTerminationMessagePolicy())) {
            return null;
        }
        ByteArrayOutputStream tail = new ByteArrayOutputStream();
        current.reader(new PodLogs.Selection(null, false, 80L, null, false)).copyTo(tail);
        byte[] bytes = tail.toByteArray();
        int from = Math.max(0, bytes.length - 2048);
        return new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8);
    }

    /** Waits until the process has ended, or must be killed; asks it to end when the pod is being deleted. */
    private boolean await(PodState state, ContainerProcess running, Prepared prepared, long deadlineNanos)
            throws InterruptedException {
        Readiness readiness = new Readiness(container.getReadinessProbe());
        boolean asked = false;
        while (true) {
            long next = Long.MAX_VALUE;
            synchronized (lock) {
                long now = System.nanoTime();
                if (!running.alive() || removed) {
                    return false;
                }
                if (terminating && now - killAtNanos >= 0) {
                    return false;
                }
                if (now - deadlineNanos >= 0) {
                    return true;
                }
                if (terminating && !asked) {
                    running.terminate();
                    asked = true;
                }
                next = Math.min(deadlineNanos - now, readiness.dueInNanos(now));
                if (terminating) {
                    next = Math.min(next, killAtNanos - now);
                }
                if (next > 0) {
                    lock.wait(Math.max(1, Math.min(next / 1_000_000L, 60_000)));
                }
            }
            if (readiness.dueInNanos(System.nanoTime()) <= 0
                    && running.alive()
                    && readiness.check(command -> probe(command, prepared))) {
                state.ready(readiness.ready());
                publish(state);
            }
        }
    }

    private UnaryOperator<String> rewriter = text -> text;

    private boolean probe(Readiness.Command command, Prepared prepared) throws InterruptedException {
        return ContainerProcess.probe(
                guard,
                command.words().stream().map(rewriter).toList(),
                prepared.env(),
                prepared.image(),
                prepared.workdir(),
                command.timeoutSeconds());
    }

    /** @return null when the pod was deleted before its container could start */
    private @Nullable Prepared prepare(PodState state, PodFolder folder, ServiceLinks links, String ip)
            throws IOException, InterruptedException {
        boolean backOff = false;
        while (!stopping()) {
            Path image = images.find(container.getImage());
            if (image == null) {
                String message = backOff
                        ? "Back-off pulling image \"" + container.getImage() + "\""
                        : "failed to pull image \"" + container.getImage()
                                + "\": not registered with the embedded cluster";
                waiting(state, backOff ? "ImagePullBackOff" : "ErrImagePull", message);
                backOff = true;
                pause(IMAGE_RETRY_MS);
                continue;
            }
            try {
                folder.mount(pod, container);
                Map<String, String> plain = new Environment(store, pod, ip).resolve(container);
                return prepared(folder, links, image, plain);
            } catch (Environment.Missing e) {
                waiting(state, "CreateContainerConfigError", e.getMessage());
            } catch (PodFolder.MountFailure e) {
                waiting(state, "ContainerCreating", e.getMessage());
            }
            pause(RETRY_MS);
        }
        return null;
    }

    private Prepared prepared(PodFolder folder, ServiceLinks links, Path image, Map<String, String> plain)
            throws IOException {
        rewriter = text -> links.rewrite(folder.rewrite(text));
        Map<String, String> env = new LinkedHashMap<>();
        plain.forEach((name, value) -> env.put(name, rewriter.apply(value)));
        env.putIfAbsent("HOME", folder.root().toString());
        // Stands in for the mount namespace: what the container sees as / lies here.
        env.put("CLAWPOD_LOCAL_ROOT", folder.root().toString());
        List<String> command = new ArrayList<>();
        command.addAll(rewriteAll(container.getCommand(), plain, rewriter));
        command.addAll(rewriteAll(container.getArgs(), plain, rewriter));
        String workdir = container.getWorkingDir();
        Path directory = workdir == null ? folder.root() : Path.of(folder.rewrite(workdir));
        return new Prepared(command, env, image, Files.isDirectory(directory) ? directory : folder.root());
    }

    private static List<String> rewriteAll(
            @Nullable List<String> texts, Map<String, String> env, UnaryOperator<String> rewriter) {
        return Objects.requireNonNullElse(texts, List.<String>of()).stream()
                .map(text -> rewriter.apply(Environment.expand(text, env)))
                .toList();
    }

    private void waiting(PodState state, String reason, @Nullable String message) {
        waitingReason = reason;
        state.waiting(reason, message);
        publish(state);
    }

    private boolean stopping() {
        synchronized (lock) {
            return terminating || removed;
        }
    }

    private void pause(long millis) throws InterruptedException {
        long until = System.nanoTime() + millis * 1_000_000L;
        synchronized (lock) {
            for (long left = millis;
                    left > 0 && !terminating && !removed;
                    left = (until - System.nanoTime()) / 1_000_000L) {
                lock.wait(left);
            }
        }
    }

    /** A pod that has ended stays, with its log, until it is deleted; one that was being deleted goes now. */
    private void awaitRemoval() throws InterruptedException {
        synchronized (lock) {
            while (!terminating && !removed) {
                lock.wait();
            }
        }
        store.remove(path, uid);
    }
}
