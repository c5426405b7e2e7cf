package io.clawpod.spawner.docker.engine;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clawpod.spawner.session.Session;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a container has used up to a moment: its control group (kernel, cgroup-v2), and its network as its own /proc shows it.
 */
record UsageReading(Session session, Instant at, Map<String, List<String>> files) {
    private static final String MARK = "==> ";
    private static final long NANOS_PER_MICRO = 1000;
    // proc(5): /proc/stat counts in clock ticks, of which there are 100 a second on every Linux that runs pods.
    private static final long NANOS_PER_TICK = 10_000_000;

    /** Prints each file after a line with its name; one that is not there is left out. */
    static final List<String> COMMAND = List.of(
            "sh",
            "-c",
            "cd /sys/fs/cgroup; for f in cpu.stat memory.current memory.max memory.stat pids.current pids.max io.stat"
                    + " cpuacct/cpuacct.usage memory/memory.usage_in_bytes memory/memory.limit_in_bytes memory/memory.stat"
                    + " pids/pids.current /proc/net/dev /proc/stat;"
                    + " do if [ -r \"$f\" ]; then echo \"==> $f\"; cat \"$f\"; fi; done");

    /** The names that a node of the first version of control groups (kernel, cgroup-v1) has for the same. */
    private static final Map<String, String> FORMER = Map.of(
            "memory.current", "memory/memory.usage_in_bytes",
            "memory.max", "memory/memory.limit_in_bytes",
            "memory.stat", "memory/memory.stat",
            "pids.current", "pids/pids.current");

    static UsageReading parse(Session session, Instant at, String printed) {
        Map<String, List<String>> files = new HashMap<>();
        List<String> file = new ArrayList<>();
        for (String line : printed.lines().toList()) {
            if (line.startsWith(MARK)) {
                file = new ArrayList<>();
                files.put(line.substring(MARK.length()), file);
            } else {
                file.add(line);
            }
        }
        return new UsageReading(session, at, files);
    }

    /** What Docker shows of a container that does not run. */
    static ObjectNode none(Session session) {
        return new UsageReading(session, Instant.EPOCH, Map.of()).shown(null);
    }

    ObjectNode shown(@Nullable UsageReading before) {
        ObjectNode stats = Json.object()
                .put("read", at.toString())
                .put("preread", before == null ? "0001-01-01T00:00:00Z" : before.at.toString())
                .put("id", ContainerId.of(session.key()))
                .put("name", "/" + session.key().key())
                .put("num_procs", 0);
        ObjectNode pids = stats.putObject("pids_stats");
        number("pids.current").ifPresentPut(pids, "current");
        number("pids.max").ifPresentPut(pids, "limit");
        stats.set("cpu_stats", cpu());
        stats.set("precpu_stats", before == null ? noCpu() : before.cpu());
        ObjectNode memory = stats.putObject("memory_stats");
        number("memory.current").ifPresentPut(memory, "usage");
        number("memory.max").ifPresentPut(memory, "limit");
        if (!lines("memory.stat").isEmpty()) {
            ObjectNode kinds = memory.putObject("stats");
            pairs("memory.stat").forEach(kinds::put);
        }
        ObjectNode blocks = stats.putObject("blkio_stats");
        blocks.set("io_service_bytes_recursive", blocks());
        stats.putObject("storage_stats");
        networks(stats);
        return stats;
    }

    private static ObjectNode noCpu() {
        ObjectNode cpu = Json.object();
        cpu.putObject("cpu_usage").put("total_usage", 0);
        return cpu;
    }

    private ObjectNode cpu() {
        Map<String, Long> stat = pairs("cpu.stat");
        ObjectNode cpu = Json.object();
        cpu.putObject("cpu_usage")
                .put("total_usage", usage(stat))
                .put("usage_in_kernelmode", stat.getOrDefault("system_usec", 0L) * NANOS_PER_MICRO)
                .put("usage_in_usermode", stat.getOrDefault("user_usec", 0L) * NANOS_PER_MICRO);
        List<String> node = files.getOrDefault("/proc/stat", List.of());
        if (!node.isEmpty()) {
            // Docker counts user, nice, system, idle, iowait, irq and softirq.
            String[] ticks = node.get(0).strip().split("\\s+", -1);
            long total = 0;
            for (int i = 1; i < Math.min(8, ticks.length); i++) {
                total += Long.parseLong(ticks[i]);
            }
            cpu.put("system_cpu_usage", total * NANOS_PER_TICK);
            cpu.put(
                    "online_cpus",
                    node.stream().filter(line -> line.matches("cpu[0-9]+ .*")).count());
        }
        cpu.putObject("throttling_data")
                .put("periods", stat.getOrDefault("nr_periods", 0L))
                .put("throttled_periods", stat.getOrDefault("nr_throttled", 0L))
                .put("throttled_time", stat.getOrDefault("throttled_usec", 0L) * NANOS_PER_MICRO);
        return cpu;
    }

    private com.fasterxml.jackson.databind.node.ArrayNode blocks() {
        var blocks = Json.array();
        for (String line : files.getOrDefault("io.stat", List.of())) {
            String[] parts = line.split("[ :]", -1);
            for (String part : parts) {
                boolean read = part.startsWith("rbytes=");
                if (parts.length > 2 && (read || part.startsWith("wbytes="))) {
                    blocks.addObject()
                            .put("major", Long.parseLong(parts[0]))
                            .put("minor", Long.parseLong(parts[1]))
                            .put("op", read ? "read" : "write")
                            .put("value", Long.parseLong(part.substring(part.indexOf('=') + 1)));
                }
            }
        }
        return blocks;
    }

    private void networks(ObjectNode stats) {
        ObjectNode networks = Json.object();
        for (String line : files.getOrDefault("/proc/net/dev", List.of())) {
            int colon = line.indexOf(':');
            String name = colon < 0 ? "lo" : line.substring(0, colon).strip();
            if (name.equals("lo")) {
                continue;
            }
            String[] counts = line.substring(colon + 1).strip().split("\\s+", -1);
            networks.putObject(name)
                    .put("rx_bytes", Long.parseLong(counts[0]))
                    .put("rx_packets", Long.parseLong(counts[1]))
                    .put("rx_errors", Long.parseLong(counts[2]))
                    .put("rx_dropped", Long.parseLong(counts[3]))
                    .put("tx_bytes", Long.parseLong(counts[8]))
                    .put("tx_packets", Long.parseLong(counts[9]))
                    .put("tx_errors", Long.parseLong(counts[10]))
                    .put("tx_dropped", Long.parseLong(counts[11]));
        }
        if (!networks.isEmpty()) {
            stats.set("networks", networks);
        }
    }

    /** A file with one number; {@code max} is none. */
    private record Single(@Nullable Long value) {
        void ifPresentPut(ObjectNode into, String name) {
            if (value != null) {
                into.put(name, value);
            }
        }
    }

    private List<String> lines(String file) {
        List<String> former = files.getOrDefault(FORMER.getOrDefault(file, ""), List.of());
        return files.getOrDefault(file, former);
    }

    private long usage(Map<String, Long> stat) {
        Long former = number("cpuacct/cpuacct.usage").value();
        Long micros = stat.get("usage_usec");
        return micros == null ? (former == null ? 0 : former) : micros * NANOS_PER_MICRO;
    }

    private Single number(String file) {
        List<String> lines = lines(file);
        return new Single(lines.size() == 1 && lines.get(0).matches("[0-9]{1,18}") ? Long.valueOf(lines.get(0)) : null);
    }

    private Map<String, Long> pairs(String file) {
        Map<String, Long> pairs = new HashMap<>();
        for (String line : lines(file)) {
            String[] parts = line.split(" ", -1);
            if (parts.length == 2 && parts[1].matches("[0-9]{1,18}")) {
                pairs.put(parts[0], Long.valueOf(parts[1]));
            }
        }
        return pairs;
    }
}
