package io.clawpod.local.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The TypeScript package that hosts use, in a checkout: installs what it needs, compiles it and runs its tests. */
record NanoclawPackage(Path folder) {
    private static final int OLDEST_NODE = 18;
    /** What node's two suites against the real spawner may take, 4 minutes each, and the rest. */
    private static final long MINUTES = 10;

    private static final Pattern NONE_SKIPPED = Pattern.compile("^\\S+ skipped 0$", Pattern.MULTILINE);

    /** What a command has come to. */
    private record Result(int code, String output) {}

    /** Why it cannot be tested on this machine; empty text if it can. */
    String obstacle() throws IOException, InterruptedException {
        for (String program : List.of("node", "npm")) {
            boolean found = List.of(System.getenv("PATH").split(":")).stream()
                    .anyMatch(entry -> Files.isExecutable(Path.of(entry, program)));
            if (!found) {
                return program + " is missing";
            }
        }
        String version = run(Map.of(), "node", "--version").output().strip();
        int major = Integer.parseInt(version.substring(1, version.indexOf('.')));
        return major < OLDEST_NODE ? "node is " + version + ", and older than v" + OLDEST_NODE : "";
    }

    /** What {@code package-lock.json} names; does nothing when it is there already. */
    void install() throws IOException, InterruptedException {
        Path lock = folder.resolve("package-lock.json");
        Path installed = folder.resolve("node_modules/.package-lock.json");
        boolean current = Files.exists(installed)
                && Files.getLastModifiedTime(installed).compareTo(Files.getLastModifiedTime(lock)) >= 0;
        if (!current) {
            require(run(Map.of(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"), "npm ci");
        }
    }

    void build() throws IOException, InterruptedException {
        require(run(Map.of(), "npm", "run", "build"), "npm run build");
    }

    /** Runs node's tests; throws with their output unless all have run and passed. */
    void test(Map<String, String> environment) throws IOException, InterruptedException {
        // One after the other, since some of them stop the spawner.
        List<String> command =
                new ArrayList<>(List.of("node", "--test", "--test-reporter=spec", "--test-concurrency=1"));
        try (Stream<Path> files = Files.list(folder.resolve("dist/test"))) {
            files.map(Path::toString)
                    .filter(file -> file.endsWith(".test.js"))
                    .sorted()
                    .forEach(command::add);
        }
        Result result = run(environment, command.toArray(String[]::new));
        String what = String.join(" ", command.subList(0, 4));
        require(result, what);
        if (!NONE_SKIPPED.matcher(result.output()).find()) {
            throw new AssertionError(what + " left out tests:\n" + result.output());
        }
    }

    private static void require(Result result, String what) {
        if (result.code() != 0) {
            throw new AssertionError(what + " ended with " + result.code() + ":\n" + result.output());
        }
    }

    private Result run(Map<String, String> environment, String... command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("clawpod-nanoclaw-", ".log");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(output.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError(
                        command[0] + " did not end in " + MINUTES + " minutes:\n" + Files.readString(output));
            }
            return new Result(process.exitValue(), Files.readString(output));
        } finally {
            Files.deleteIfExists(output);
        }
    }
}
