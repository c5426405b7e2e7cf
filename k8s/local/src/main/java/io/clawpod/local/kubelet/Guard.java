package io.clawpod.local.kubelet;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Starts processes so that none of them outlives this JVM, even when it is killed outright: each leads a process group, and
 * a shell that knows the groups kills them when its standard input, which this JVM holds, comes to its end; then it deletes
 * the folder that they worked in. Without
 * {@code setsid} (it is part of util-linux) there are no groups, and the descendants of a process are looked up instead.
 */
public final class Guard implements AutoCloseable {
    private static final boolean SETSID =
            Files.isExecutable(Path.of("/usr/bin/setsid")) || Files.isExecutable(Path.of("/bin/setsid"));

    /** Reads lines {@code +pid} and {@code -pid}; at the end kills the groups that are left. */
    private static final String WATCH = """
            trap '' INT TERM HUP
            groups=' '
            while read -r line; do
              pid="${line#?}"
              case "$line" in
                +*) groups="$groups$pid " ;;
                -*) groups="${groups%% $pid *} ${groups#* $pid }" ;;
              esac
            done
            for pid in $groups; do kill -s KILL -- "-$pid" 2>/dev/null; kill -s KILL "$pid" 2>/dev/null; done
            rm -rf -- "$1"
            """;

    private final Process watcher;
    private final OutputStream lines;

    /** @param folder deleted at the end, by {@link #close()} or by the end of this JVM */
    public Guard(Path folder) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(leading(List.of("/bin/sh", "-c", WATCH, "sh", folder.toString())))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/bin:/bin");
        watcher = builder.start();
        lines = watcher.getOutputStream();
    }

    private static List<String> leading(List<String> command) {
        if (!SETSID) {
            return command;
        }
        List<String> all = new ArrayList<>(List.of("setsid"));
        all.addAll(command);
        return all;
    }

    /**
     * Starts {@code builder}'s command, which gets exactly the environment that {@code builder} holds.
     *
     * @throws IOException if the command cannot be run
     */
    public Process start(ProcessBuilder builder) throws IOException {
        Process process = builder.command(leading(builder.command())).start();
        tell("+", process.pid());
        return process;
    }

    private synchronized void tell(String sign, long pid) throws IOException {
        lines.write((sign + pid + "\n").getBytes(StandardCharsets.US_ASCII));
        lines.flush();
    }

    /** Ends a process with everything it started. */
    public void kill(Process process) {
        List<ProcessHandle> descendants = process.descendants().toList();
        // Not Process.destroyForcibly: that would also close the pipes, with output in them that is still to be read.
        process.toHandle().destroyForcibly();
        descendants.forEach(ProcessHandle::destroyForcibly);
        try {
            if (SETSID) {
                new ProcessBuilder("/bin/sh", "-c", "kill -s KILL -- -" + process.pid())
                        .redirectErrorStream(true)
                        .redirectOutput(new File("/dev/null"))
                        .start()
                        .waitFor();
            }
            process.waitFor(5, TimeUnit.SECONDS);
            tell("-", process.pid());
        } catch (IOException e) {
            // The group was empty already, or the watcher is gone; then it has killed the group itself.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        try {
            lines.close();
            watcher.waitFor(5, TimeUnit.SECONDS);
        } catch (IOException e) {
            watcher.destroyForcibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
