package io.clawpod.spawner.testing;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Cases that are data, under {@code src/test/resources}. */
public final class CaseFiles {
    public static final YAMLMapper YAML = YAMLMapper.builder()
            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
            .disable(YAMLGenerator.Feature.SPLIT_LINES)
            .build();

    private static final Path ROOT = Path.of("src", "test", "resources");

    private CaseFiles() {}

    /** The names of the folders in {@code folder}; never none. */
    public static List<String> folders(String folder) {
        return names(folder, Files::isDirectory);
    }

    /** The names of the files in {@code folder}; never none. */
    public static List<String> files(String folder) {
        return names(folder, Files::isRegularFile);
    }

    private static List<String> names(String folder, Predicate<Path> wanted) {
        try (Stream<Path> paths = Files.list(ROOT.resolve(folder))) {
            List<String> names = paths.filter(wanted)
                    .map(path -> path.getFileName().toString())
                    .sorted()
                    .toList();
            if (names.isEmpty()) {
                throw new IllegalStateException("no cases in " + folder);
            }
            return names;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file as a tree; a missing node if there is no such file, which no case equals. */
    public static JsonNode tree(String file) {
        Path path = ROOT.resolve(file);
        try {
            return Files.exists(path) ? YAML.readTree(path.toFile()) : YAML.missingNode();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static <T> List<T> table(String file, TypeReference<List<T>> rows) {
        try {
            return YAML.readValue(ROOT.resolve(file).toFile(), rows);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Leaves what a case really came to in {@code target}, to be compared or taken over. */
    public static Path leave(String file, JsonNode actual) {
        Path path = Path.of("target").resolve(file);
        try {
            Files.createDirectories(path.getParent());
            YAML.writeValue(path.toFile(), actual);
            return path;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
