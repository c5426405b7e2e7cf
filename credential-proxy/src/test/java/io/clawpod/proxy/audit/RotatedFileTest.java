package io.clawpod.proxy.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RotatedFileTest {
    @TempDir
    private Path folder;

    private void write(int files, String... lines) throws IOException {
        try (RotatedFile file = new RotatedFile(folder.resolve("audit.log"), 10, files)) {
            for (String line : lines) {
                file.write(line.getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    private Map<String, String> found() throws IOException {
        Map<String, String> found = new TreeMap<>();
        try (Stream<Path> paths = Files.list(folder)) {
            for (Path path : paths.toList()) {
                found.put(path.getFileName().toString(), Files.readString(path));
            }
        }
        return found;
    }

    @Test
    void aFullFileIsPutAsideAndTheOldestGoes() throws IOException {
        write(3, "one--", "two--", "three", "much-longer-than-a-file", "five-", "six--", "seven");
        assertEquals(
                Map.of("audit.log", "seven", "audit.log.1", "five-six--", "audit.log.2", "much-longer-than-a-file"),
                found());
    }

    @Test
    void aFileThatIsThereIsGoneOnWith() throws IOException {
        write(2, "one--");
        write(2, "two--", "three");
        assertEquals(Map.of("audit.log", "three", "audit.log.1", "one--two--"), found());
    }

    @Test
    void aSingleFileBeginsAnew() throws IOException {
        write(1, "one--", "two--", "three");
        assertEquals(Map.of("audit.log", "three"), found());
    }
}
