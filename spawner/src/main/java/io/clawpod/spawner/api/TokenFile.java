package io.clawpod.spawner.api;

import io.clawpod.common.InvalidValue;
import io.clawpod.common.SecretText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Static bearer tokens from a file: a line for each caller, its name, white space, its token; {@code #} begins a comment.
 * When the file turns out wrong, what was read before stays in force and the fault is told. Thread-safe.
 */
final class TokenFile {
    /** A token that is shorter could be guessed. */
    static final int MIN_LENGTH = 16;

    private static final int MAX_BYTES = 1 << 20;
    private static final Logger LOG = Logger.getLogger(TokenFile.class);

    private final Path path;
    private volatile List<Entry> entries = List.of();
    private volatile @Nullable String fault = "the token file has not been read yet";
    private volatile @Nullable String lastText;

    TokenFile(Path path) {
        this.path = path;
    }

    private record Entry(String name, SecretText token) {}

    /** Reads the file again if it has changed. Blocks on the file system. */
    void refresh() {
        try {
            // A mounted Secret changes by a link to another folder, with times that need not grow: compare what it
            // says.
            if (Files.size(path) > MAX_BYTES) {
                throw new InvalidValue("token file " + path, "is too large", "use at most " + MAX_BYTES + " bytes");
            }
            String text = Files.readString(path, StandardCharsets.UTF_8);
            if (text.equals(lastText)) {
                return;
            }
            entries = parse(text);
            lastText = text;
            fault = null;
            LOG.infof("token file read callers=%d", entries.size());
        } catch (IOException e) {
            tell("token file " + path + " cannot be read");
        } catch (InvalidValue e) {
            tell(e.field() + " " + e.fault() + "; " + e.remedy());
        }
    }

    private void tell(String said) {
        if (!said.equals(fault)) {
            LOG.warnf("token file wrong fault=%s", said);
        }
        lastText = null;
        fault = said;
    }

    /** @throws InvalidValue naming the line that is wrong; never quotes it */
    private static List<Entry> parse(String text) {
        List<Entry> entries = new ArrayList<>();
        String[] lines = text.split("\\R", -1);
        for (int i = 0; i < lines.length; i++) {
            String line = lines[i].strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            String[] words = line.split("\\s+", -1);
            if (words.length != 2 || words[1].length() < MIN_LENGTH) {
                throw new InvalidValue(
                        "line " + (i + 1) + " of the token file",
                        "is no caller",
                        "write a name, a space and a token of at least " + MIN_LENGTH + " characters");
            }
            entries.add(new Entry(words[0], SecretText.of(words[1])));
        }
        if (entries.isEmpty()) {
            throw new InvalidValue(
                    "the token file", "names no caller", "write a name, a space and a token on each line");
        }
        return List.copyOf(entries);
    }

    /** Whose token it is. Looks at all of them, so that its time does not tell which one came close. */
    Optional<String> callerOf(String token) {
        String name = null;
        for (Entry entry : entries) {
            if (entry.token().matches(token)) {
                name = entry.name();
            }
        }
        return Optional.ofNullable(name);
    }

    /** What is wrong with the file, or empty. */
    Optional<String> fault() {
        return Optional.ofNullable(fault);
    }
}
