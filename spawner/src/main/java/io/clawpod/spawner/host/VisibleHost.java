package io.clawpod.spawner.host;

import io.clawpod.spawner.session.FileContent;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The host's file system, or parts of it, as it is mounted into the spawner. Links are followed as the host follows them: one
 * that leads to {@code /x} leads to the host's {@code /x}, and never to the spawner's own. Thread-safe; blocks.
 */
final class VisibleHost {
    /** How many links the kernel follows in one path (Linux, MAXSYMLINKS). */
    private static final int MAX_LINKS = 40;

    private final Path root;

    /** @param root where the host's {@code /} is seen */
    VisibleHost(Path root) {
        this.root = root;
    }

    /** What is at the end of a path. */
    enum Kind {
        FILE,
        FOLDER,

        /** A socket, a device and the like. */
        OTHER,

        /** There is nothing, or it is in a part of the host that is not mounted here. */
        UNSEEN,

        /** It cannot be said: the spawner may not look, a link leads in a circle, or the path has no form in its locale. */
        UNCLEAR
    }

    /** @param path with all links followed as far as they are seen; what is beyond that stands as it is spelt */
    record Sight(String path, Kind kind) {}

    /** @param hostPath absolute and normalised */
    Sight look(String hostPath) {
        Deque<String> rest = new ArrayDeque<>(List.of(hostPath.split("/", -1)));
        Deque<String> walked = new ArrayDeque<>();
        Kind kind = Kind.FOLDER;
        int links = 0;
        while (!rest.isEmpty()) {
            String part = rest.removeFirst();
            if (part.isEmpty() || part.equals(".")) {
                continue;
            }
            if (part.equals("..")) {
                walked.pollLast();
                continue;
            }
            walked.addLast(part);
            if (kind == Kind.UNSEEN || kind == Kind.UNCLEAR) {
                continue;
            }
            if (kind != Kind.FOLDER) {
                kind = Kind.UNSEEN;
                continue;
            }
            try {
                Path here = at("/" + String.join("/", walked));
                BasicFileAttributes found =
                        Files.readAttributes(here, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
                if (!found.isSymbolicLink()) {
                    kind = kind(found);
                } else if (++links > MAX_LINKS) {
                    kind = Kind.UNCLEAR;
                } else {
                    walked.removeLast();
                    follow(Files.readSymbolicLink(here).toString(), walked, rest);
                }
            } catch (NoSuchFileException e) {
                kind = Kind.UNSEEN;
            } catch (IOException | InvalidPathException e) {
                kind = Kind.UNCLEAR;
            }
        }
        return new Sight("/" + String.join("/", walked), kind);
    }

    private static void follow(String target, Deque<String> walked, Deque<String> rest) {
        if (target.startsWith("/")) {
            walked.clear();
        }
        String[] parts = target.split("/", -1);
        for (int i = parts.length - 1; i >= 0; i--) {
            rest.addFirst(parts[i]);
        }
    }

    private static Kind kind(BasicFileAttributes found) {
        return found.isRegularFile() ? Kind.FILE : found.isDirectory() ? Kind.FOLDER : Kind.OTHER;
    }

    private Path at(String hostPath) {
        return root.resolve(hostPath.substring(1));
    }

    /**
     * The content of a file.
     *
     * @return empty if it cannot be read
     * @throws io.clawpod.common.InvalidValue if it is too large
     */
    Optional<FileContent> read(String hostPath) {
        Sight sight = look(hostPath);
        if (sight.kind() != Kind.FILE) {
            return Optional.empty();
        }
        try (InputStream file = Files.newInputStream(at(sight.path()), LinkOption.NOFOLLOW_LINKS)) {
            return Optional.of(FileContent.of(file.readNBytes(FileContent.MAX_BYTES + 1)));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
