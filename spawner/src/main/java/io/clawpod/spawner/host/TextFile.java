package io.clawpod.spawner.host;

import io.clawpod.common.InvalidValue;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A small text file, told again when it says something else. Not thread-safe. */
final class TextFile {
    private static final int MAX_BYTES = 1 << 20;

    private final Path path;
    private @Nullable String last;

    TextFile(Path path) {
        this.path = path;
    }

    Path path() {
        return path;
    }

    /**
     * What the file says, or empty if that is what it said before. Blocks.
     *
     * @throws InvalidValue if it cannot be read
     */
    Optional<String> readIfChanged() {
        try {
            // A mounted ConfigMap changes by a link to another folder, with times that need not grow: compare what it
            // says.
            if (Files.size(path) > MAX_BYTES) {
                throw new InvalidValue("the file", "is too large", "use at most " + MAX_BYTES + " bytes");
            }
            String text = Files.readString(path, StandardCharsets.UTF_8);
            if (text.equals(last)) {
                return Optional.empty();
            }
            last = text;
            return Optional.of(text);
        } catch (CharacterCodingException e) {
            last = null;
            throw new InvalidValue("the file", "is not a text in UTF-8", "save it as one");
        } catch (IOException e) {
            last = null;
            throw new InvalidValue("the file", "cannot be read", "put it there, readable by the spawner");
        }
    }

    /** Makes the next reading tell the file again. */
    void forget() {
        last = null;
    }
}
