package io.clawpod.spawner.testing;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.type.TypeReference;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Shell commands and what they have to come to. A case is a row of steps, done in order in a folder of its own. */
public final class ShellCases {
    private static final long SECONDS = 90;
    private static final TypeReference<List<Case>> CASES = new TypeReference<>() {};

    private ShellCases() {}

    public record Case(String name, List<Step> steps) {
        @Override
        public String toString() {
            return name;
        }
    }

    /**
     * One command.
     *
     * @param run for bash
     * @param code its exit code
     * @param out exactly what it prints; absent if anything will do
     * @param like a regular expression for all that it prints
     * @param err a regular expression for a part of its standard error; without one a command that succeeds has none
     */
    public record Step(
            @JsonProperty(required = true) String run,
            int code,
            @Nullable String out,
            @Nullable String like,
            @Nullable String err) {}

    /** @param file below {@code src/test/resources} */
    public static List<Case> of(String file) {
        return CaseFiles.table(file, CASES);
    }

    /**
     * Does all steps, also after one that fails.
     *
     * @param prelude commands before each step
     * @return what was wrong; empty if nothing
     */
    public static List<String> faults(Case asked, String prelude, Map<String, String> environment, Path folder) {
        List<String> faults = new ArrayList<>();
        for (Step step : asked.steps()) {
            try {
                Files.createDirectories(folder);
                faults.addAll(faults(step, prelude, environment, folder));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
        }
        return faults;
    }

    private static List<String> faults(Step step, String prelude, Map<String, String> environment, Path folder)
            throws IOException, InterruptedException {
        Path out = Files.createTempFile("step-", ".out");
        Path err = Files.createTempFile("step-", ".err");
        try {
            ProcessBuilder builder = new ProcessBuilder("bash", "-c", prelude + "\n" + step.run())
                    .directory(folder.toFile())
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            List<String> faults = new ArrayList<>();
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
                faults.add("did not end in " + SECONDS + " s");
            } else if (process.exitValue() != step.code()) {
                faults.add("ended with " + process.exitValue() + ", not " + step.code());
            }
            String printed = Files.readString(out);
            String errors = Files.readString(err);
            if (step.out() != null && !step.out().equals(printed)) {
                faults.add("did not print <" + step.out() + ">");
            }
            if (step.like() != null
                    && !Pattern.compile(step.like(), Pattern.DOTALL)
                            .matcher(printed)
                            .matches()) {
                faults.add("did not print what is like <" + step.like() + ">");
            }
            boolean wanted = step.err() == null
                    ? step.code() != 0 || errors.isEmpty()
                    : Pattern.compile(step.err(), Pattern.DOTALL)
                            .matcher(errors)
                            .find();
            if (!wanted) {
                faults.add("has not <" + step.err() + "> on standard error");
            }
            return faults.isEmpty()
                    ? List.of()
                    : List.of(step.run() + "\n  " + String.join("\n  ", faults) + "\n  printed <" + printed
                            + ">\n  standard error <" + errors + ">");
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }
}
