package io.clawpod.local.benchmark;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A service in a JVM of its own with the limits that the manifests give it, and what it takes. Linux only. */
final class MeasuredProcess implements AutoCloseable {
    private static final Duration READY_WITHIN = Duration.ofSeconds(60);
    private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");
    private static final Pattern HEAP_USED = Pattern.compile("used (\\d+)K");
    private static final double TICKS_PER_SECOND = 100;
    /** Fields 14 and 15 of /proc/pid/stat, counted after the name, which may hold blanks. */
    private static final int USER_TIME = 11;

    private final Process process;
    private final Duration untilReady;

    private MeasuredProcess(Process process, Duration untilReady) {
        this.process = process;
        this.untilReady = untilReady;
    }

    /**
     * Starts it and waits until {@code readiness} answers 200.
     *
     * @param jvm what JAVA_TOOL_OPTIONS of its Deployment comes to in a container of 256 MiB
     */
    static MeasuredProcess start(Path jar, List<String> jvm, Map<String, String> env, URI readiness, Path log)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(jvm);
        command.addAll(List.of("-jar", jar.toString()));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("MALLOC_ARENA_MAX", "2");
        builder.environment().putAll(env);
        long begin = System.nanoTime();
        Process process = builder.start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        HttpClient http = HttpClient.newHttpClient();
        while (!isReady(http, readiness)) {
            if (!process.isAlive() || System.nanoTime() - begin > READY_WITHIN.toNanos()) {
                process.destroyForcibly();
                throw new IOException(jar + " did not get ready; its log:\n" + Files.readString(log));
            }
            Thread.sleep(20);
        }
        return new MeasuredProcess(process, Duration.ofNanos(System.nanoTime() - begin));
    }

    private static boolean isReady(HttpClient http, URI readiness) throws InterruptedException {
        try {
            HttpRequest request = HttpRequest.newBuilder(readiness)
                    .timeout(Duration.ofSeconds(2))
                    .build();
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException notYet) {
            return false;
        }
    }

    Duration untilReady() {
        return untilReady;
    }

    /** Resident memory in KiB. */
    long residentKib() throws IOException {
        return first(RESIDENT, Files.readString(Path.of("/proc/" + process.pid() + "/status")));
    }

    /** Heap that is in use after a full collection, in KiB. */
    long liveHeapKib() throws IOException, InterruptedException {
        jcmd("GC.run");
        Matcher used = HEAP_USED.matcher(jcmd("GC.heap_info"));
        long sum = 0;
        // The generations are the first two lines with a use; metaspace follows.
        for (int i = 0; i < 2 && used.find(); i++) {
            sum += Long.parseLong(used.group(1));
        }
        return sum;
    }

    private String jcmd(String what) throws IOException, InterruptedException {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(process.pid()),
                        what)
                .redirectErrorStream(true)
                .start();
        String said = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        jcmd.waitFor();
        return said;
    }

    /** Processor time so far, in seconds. */
    double cpuSeconds() throws IOException {
        String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[USER_TIME]) + Long.parseLong(fields[USER_TIME + 1])) / TICKS_PER_SECOND;
    }

    private static long first(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw new IllegalStateException("no " + pattern + " in: " + text);
        }
        return Long.parseLong(matcher.group(1));
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
