package io.clawpod.manifests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * The command that renders a kustomization: {@code kubectl kustomize}, as users run it, or else the {@code kustomize}
 * program, which is the same code. Version 5 is the first that knows all that the manifests use.
 */
final class Kustomize {
    // One built by "go install" does not know its version; .ci/run builds it so, and pins it.
    private static final Pattern NEW_ENOUGH =
            Pattern.compile("(?m)^(?:Kustomize Version: )?(?:v(?:[5-9]|\\d{2,})\\.|\\(devel\\)$)");

    private final List<String> command;

    private Kustomize(List<String> command) {
        this.command = command;
    }

    /** The first of the two commands that is on the path and new enough, or empty. */
    static Optional<Kustomize> onPath() {
        if (isNewEnough("kubectl", "version", "--client")) {
            return Optional.of(new Kustomize(List.of("kubectl", "kustomize")));
        }
        if (isNewEnough("kustomize", "version")) {
            return Optional.of(new Kustomize(List.of("kustomize", "build")));
        }
        return Optional.empty();
    }

    /** Renders the kustomization in {@code folder} to YAML; an {@link IllegalStateException} says why it cannot. */
    String render(Path folder) {
        List<String> line = new ArrayList<>(command);
        line.add(folder.toString());
        try {
            Output output = run(line);
            if (output.exitCode() != 0) {
                throw new IllegalStateException(String.join(" ", line) + ": " + output.text());
            }
            return output.text();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isNewEnough(String... versionCommand) {
        try {
            // kubectl's own line, "Client Version: v1.x", does not begin with what the pattern wants.
            return NEW_ENOUGH.matcher(run(List.of(versionCommand)).text()).find();
        } catch (IOException e) {
            return false; // not on the path
        }
    }

    private static Output run(List<String> command) throws IOException {
        // Files, not pipes: nothing has to be drained while the process runs.
        Path out = Files.createTempFile("kustomize", ".out");
        Path err = Files.createTempFile("kustomize", ".err");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start();
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException(String.join(" ", command) + " did not end in 60 s");
            }
            Path said = process.exitValue() == 0 ? out : err;
            return new Output(process.exitValue(), Files.readString(said, StandardCharsets.UTF_8));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        } finally {
            Files.deleteIfExists(out);
            Files.deleteIfExists(err);
        }
    }

    private record Output(int exitCode, String text) {}
}
