package io.clawpod.local.benchmark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A command that has ended.
 *
 * @param began by {@link System#nanoTime}
 * @param nanos from its start to its end
 * @param cpuSeconds processor time of the whole command
 */
record TimedCommand(long began, long nanos, double cpuSeconds) {
    /** @throws IOException if it fails */
    static TimedCommand run(Map<String, String> env, List<String> command) throws IOException, InterruptedException {
        // bash's own time keyword counts the processor time of the child; two numbers come on the last line.
        List<String> timed = new ArrayList<>(List.of("bash", "-c", "TIMEFORMAT='%U %S'; time \"$@\"", "time"));
        timed.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(timed).redirectErrorStream(true);
        builder.environment().putAll(env);
        long begin = System.nanoTime();
        Process process = builder.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        int exit = process.waitFor();
        long nanos = System.nanoTime() - begin;
        if (exit != 0) {
            throw new IOException(command.get(0) + " failed with " + exit + ": " + said);
        }
        String[] times = said.substring(said.lastIndexOf('\n') + 1).split(" ", -1);
        return new TimedCommand(begin, nanos, Double.parseDouble(times[0]) + Double.parseDouble(times[1]));
    }
}
