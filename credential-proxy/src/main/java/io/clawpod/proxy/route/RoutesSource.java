package io.clawpod.proxy.route;

import io.clawpod.common.InvalidValue;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where the table comes from: a file, or settings that stand for one. The file is read by its path each time, so that a
 * ConfigMap's swapped links are followed, and its content compared. Confined to its caller; blocks.
 */
final class RoutesSource {
    static final Path FILE = Path.of("/etc/clawpod/routes/routes.yaml");
    /** No ConfigMap is larger. */
    static final int MAX_BYTES = 1024 * 1024;

    private final Optional<Path> file;
    private final Path credentials;
    private final Optional<String> url;
    private final boolean allowPrivate;
    private final Path credential;
    private byte @Nullable [] last;

    /**
     * Makes a source that has not been read.
     *
     * @param file of routes
     * @param credentials folder with one folder for each credential of the file
     * @param url of the one upstream that stands for a file
     * @param allowPrivate goes with {@code url}
     * @param credential folder of the one credential that goes with {@code url}
     */
    RoutesSource(Optional<Path> file, Path credentials, Optional<String> url, boolean allowPrivate, Path credential) {
        this.file = file;
        this.credentials = credentials;
        this.url = url;
        this.allowPrivate = allowPrivate;
        this.credential = credential;
    }

    /** What was read. */
    sealed interface Reading {
        record Valid(RouteTable table) implements Reading {}

        record Invalid(List<InvalidValue> faults) implements Reading {}
    }

    /** What people look at to change the routes. */
    String origin() {
        return url.isPresent() ? Shorthand.URL : file.orElse(FILE).toString();
    }

    /** Reads; null if that gave the same as the last time. */
    @Nullable
    Reading poll() {
        InvalidValue unreadable = null;
        byte[] content;
        try {
            content = content();
        } catch (InvalidValue e) {
            // A file that cannot be read is a content too, so that it is reported once and not every time.
            unreadable = e;
            content = e.toString().getBytes(StandardCharsets.UTF_8);
        }
        if (Arrays.equals(content, last)) {
            return null;
        }
        last = content;
        return unreadable != null ? new Reading.Invalid(List.of(unreadable)) : parse(content);
    }

    private Reading parse(byte[] content) {
        try {
            return new Reading.Valid(
                    url.isPresent()
                            ? Shorthand.table(url.get(), allowPrivate, credential)
                            : RoutesFile.parse(content, credentials));
        } catch (InvalidRoutes e) {
            return new Reading.Invalid(e.faults());
        } catch (InvalidValue e) {
            return new Reading.Invalid(List.of(e));
        }
    }

    private byte[] content() {
        if (url.isEmpty()) {
            return read(file.orElse(FILE));
        }
        if (file.isPresent()) {
            throw new InvalidValue(
                    Shorthand.URL, "is set beside clawpod.routes.file", "set one of them; the URL stands for a file");
        }
        return url.get().getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] read(Path path) {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(path)) {
            bytes = in.readNBytes(MAX_BYTES + 1);
        } catch (NoSuchFileException e) {
            throw new InvalidValue(path.toString(), "is missing", "mount the routes there, or set clawpod.routes.file");
        } catch (IOException e) {
            throw new InvalidValue(path.toString(), "cannot be read", "let the proxy's user read it");
        }
        if (bytes.length > MAX_BYTES) {
            throw new InvalidValue(path.toString(), "is too long", "write at most " + MAX_BYTES + " bytes");
        }
        return bytes;
    }
}
