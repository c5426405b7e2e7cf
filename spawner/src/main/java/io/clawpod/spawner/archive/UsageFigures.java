package io.clawpod.spawner.archive;

import io.clawpod.spawner.session.SessionRecord.Used;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a container has used since its agent was started (kernel, cgroup-v2, and cgroup-v1 under other names).
 *
 * @param cpuNanos of processor time; absent where it is not told
 * @param memoryBytes the most at one time, or where only that is told, now
 */
record UsageFigures(@Nullable Long cpuNanos, @Nullable Long memoryBytes) {
    private static final String MARK = "==> ";
    private static final double NANOS = 1e9;

    /** Prints each file after a line with its name; one that is not there is left out. */
    static final List<String> COMMAND = List.of(
            "sh",
            "-c",
            "cd /sys/fs/cgroup; for f in cpu.stat memory.peak memory.current cpuacct/cpuacct.usage"
                    + " memory/memory.max_usage_in_bytes; do if [ -r \"$f\" ]; then echo \"" + MARK
                    + "$f\"; cat \"$f\"; fi; done");

    static UsageFigures parse(String printed) {
        Map<String, Long> numbers = new HashMap<>();
        String file = "";
        for (String line : printed.lines().toList()) {
            String[] words = line.strip().split(" ", -1);
            if (line.startsWith(MARK)) {
                file = line.substring(MARK.length()).strip();
            } else if (words[words.length - 1].matches("[0-9]{1,18}")) {
                numbers.put(words.length == 1 ? file : file + " " + words[0], Long.valueOf(words[words.length - 1]));
            }
        }
        Long micros = numbers.get("cpu.stat usage_usec");
        Long cpu = micros == null ? numbers.get("cpuacct/cpuacct.usage") : Long.valueOf(micros * 1000);
        Long memory = numbers.get("memory.peak");
        memory = memory == null ? numbers.get("memory/memory.max_usage_in_bytes") : memory;
        return new UsageFigures(cpu, memory == null ? numbers.get("memory.current") : memory);
    }

    /**
     * What was used in all runs of an agent.
     *
     * @param former processor time of the runs before, in nanoseconds
     * @param run processor time of the last run, in nanoseconds; absent where it is not told
     */
    record Count(long former, @Nullable Long run, @Nullable Long peakBytes) {
        /** What another process has counted. */
        static Count of(@Nullable Used before) {
            if (before == null) {
                return new Count(0, null, null);
            }
            Double cpu = before.cpuSeconds();
            return new Count(0, cpu == null ? null : Long.valueOf((long) (cpu * NANOS)), before.peakMemoryBytes());
        }

        /** A container that is started again counts from nothing, so less than before is another run. */
        Count with(UsageFigures now) {
            boolean another = run != null && now.cpuNanos() != null && now.cpuNanos() < run;
            Long peak = peakBytes;
            if (peak == null || (now.memoryBytes() != null && now.memoryBytes() > peak)) {
                peak = now.memoryBytes();
            }
            return new Count(
                    another && run != null ? former + run : former,
                    now.cpuNanos() == null ? run : now.cpuNanos(),
                    peak);
        }

        Used at(Instant now) {
            return new Used(now, run == null ? null : Double.valueOf((former + run) / NANOS), peakBytes);
        }
    }
}
