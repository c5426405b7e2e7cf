package io.clawpod.local.kubelet;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A running container: one process with its descendants, whose output goes to the container's log. */
final class ContainerProcess {
    private static final String SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private static final int BUFFER_BYTES = 8 * 1024;
    private static final long DRAIN_MS = 2_000;

    private final Guard guard;
    private final Process process;
    private final List<Thread> pumps;

    /**
     * Starts it with the given environment and no variable of this JVM's own, which may hold what no container may see.
     *
     * @throws IOException if the command cannot be run
     */
    ContainerProcess(Guard guard, List<String> command, Map<String, String> env, Path image, Path workdir, PodLog log)
            throws IOException {
        this.guard = guard;
        ProcessBuilder builder = new ProcessBuilder(command).directory(workdir.toFile());
        Map<String, String> environment = builder.environment();
        environment.clear();
        environment.putAll(env);
        environment.put("PATH", image.resolve("bin") + ":" + env.getOrDefault("PATH", SYSTEM_PATH));
        process = guard.start(builder);
        process.getOutputStream().close();
        pumps = List.of(pump("stdout", process.getInputStream(), log), pump("stderr", process.getErrorStream(), log));
    }

    private static Thread pump(String stream, InputStream in, PodLog log) {
        Thread thread = new Thread(
                () -> {
                    byte[] buffer = new byte[BUFFER_BYTES];
                    try {
                        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                            log.append(stream, buffer, n);
                        }
                    } catch (IOException e) {
                        // The process was killed while its pipe was read: there is no more output.
                    }
                },
                "container-" + stream);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    void onExit(Runnable action) {
        var unused = process.onExit().thenRun(action);
    }

    boolean alive() {
        return process.isAlive();
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    /** SIGTERM to the first process, as a container runtime does it. */
    void terminate() {
        // Not Process.destroy: that would also close the pipes, and what the process says last would be lost.
        process.toHandle().destroy();
    }

    /**
     * Ends what still runs and waits for the last output.
     *
     * @return the exit code; 128 and the signal's number when a signal ended it
     */
    int finish() throws InterruptedException {
        guard.kill(process);
        int code = process.waitFor();
        for (Thread pump : pumps) {
            pump.join(DRAIN_MS);
        }
        return code;
    }

    /** Whether the command of a probe succeeds within its time. */
    static boolean probe(
            Guard guard, List<String> command, Map<String, String> env, Path image, Path workdir, int timeoutSeconds)
            throws InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(workdir.toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().clear();
        builder.environment().putAll(env);
        builder.environment().put("PATH", image.resolve("bin") + ":" + env.getOrDefault("PATH", SYSTEM_PATH));
        try {
            Process process = guard.start(builder);
            boolean ended = process.waitFor(Math.max(1, timeoutSeconds), TimeUnit.SECONDS);
            boolean success = ended && process.exitValue() == 0;
            guard.kill(process);
            return success;
        } catch (IOException e) {
            return false;
        }
    }
}
