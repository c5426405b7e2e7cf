package io.clawpod.spawner.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A folder, mostly a mounted volume. What is written is on the disk when a call returns. The folder itself is never made: one
 * that is missing is a volume that is not mounted, and what went into its place would be lost.
 */
final class FolderStore implements Store {
    private static final String UNFINISHED = ".unfinished";

    private final Path root;

    FolderStore(Path root) {
        this.root = root;
    }

    @Override
    public String place() {
        return "folder " + root;
    }

    private Path at(String path) throws StoreFault {
        if (!Files.isDirectory(root)) {
            throw new StoreFault(
                    StoreFault.Kind.REFUSED,
                    place() + " is not there",
                    "mount the volume there, or change clawpod.archive.folder",
                    null);
        }
        return root.resolve(path);
    }

    @Override
    public List<Entry> list(String folder) throws StoreFault {
        Path from = at(folder);
        List<Entry> found = new ArrayList<>();
        if (!Files.isDirectory(from)) {
            return found;
        }
        try {
            Files.walkFileTree(from, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    String path = root.relativize(file).toString();
                    if (attributes.isRegularFile() && !path.endsWith(UNFINISHED)) {
                        found.add(new Entry(
                                path,
                                attributes.size(),
                                attributes.size() + "-"
                                        + attributes.lastModifiedTime().toInstant() + "-" + attributes.fileKey()));
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException fault) throws IOException {
                    // Taken away while we look, or lost+found of a volume, which is root's.
                    if (fault instanceof NoSuchFileException || file.endsWith("lost+found")) {
                        return FileVisitResult.CONTINUE;
                    }
                    throw fault;
                }
            });
        } catch (IOException e) {
            throw fault("read", e);
        }
        return found;
    }

    @Override
    public byte[] read(String path, long offset, int max) throws StoreFault {
        try (FileChannel file = FileChannel.open(at(path), StandardOpenOption.READ)) {
            ByteBuffer bytes = ByteBuffer.allocate((int) Math.max(0, Math.min(max, file.size() - offset)));
            while (bytes.hasRemaining() && file.read(bytes, offset + bytes.position()) > 0) {
                // A read may bring less than it was asked for.
            }
            byte[] read = new byte[bytes.position()];
            bytes.flip().get(read);
            return read;
        } catch (NoSuchFileException e) {
            return new byte[0];
        } catch (StoreFault e) {
            throw e;
        } catch (IOException e) {
            throw fault("read", e);
        }
    }

    @Override
    public void write(String path, byte[] bytes) throws StoreFault {
        Path target = at(path);
        Path unfinished = at(path + UNFINISHED);
        try {
            Files.createDirectories(target.getParent());
            try (FileChannel file = FileChannel.open(
                    unfinished,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE)) {
                writeAll(file, bytes);
                file.force(true);
            }
            Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            force(target);
        } catch (IOException e) {
            try {
                Files.deleteIfExists(unfinished);
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw fault("written", e);
        }
    }

    /** So that the name is on the disk, too (fsync(2)). */
    private static void force(Path file) throws IOException {
        Path folder = file.getParent();
        if (folder != null) {
            try (FileChannel opened = FileChannel.open(folder, StandardOpenOption.READ)) {
                opened.force(true);
            }
        }
    }

    private static void writeAll(FileChannel file, byte[] bytes) throws IOException {
        ByteBuffer left = ByteBuffer.wrap(bytes);
        while (left.hasRemaining()) {
            file.write(left);
        }
    }

    @Override
    public void append(String path, long length, byte[] bytes) throws StoreFault {
        Path target = at(path);
        try {
            Files.createDirectories(target.getParent());
            try (FileChannel file = FileChannel.open(target, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                if (file.size() != length) {
                    throw StoreFault.changed(path);
                }
                file.position(length);
                try {
                    writeAll(file, bytes);
                    file.force(true);
                } catch (IOException e) {
                    file.truncate(length);
                    throw e;
                }
            }
            if (length == 0) {
                force(target);
            }
        } catch (StoreFault e) {
            throw e;
        } catch (IOException e) {
            throw fault("written", e);
        }
    }

    @Override
    public void truncate(String path, long length) throws StoreFault {
        try (FileChannel file = FileChannel.open(at(path), StandardOpenOption.WRITE)) {
            file.truncate(length);
            file.force(true);
        } catch (StoreFault e) {
            throw e;
        } catch (IOException e) {
            throw fault("written", e);
        }
    }

    @Override
    public void delete(String path) throws StoreFault {
        try {
            Files.deleteIfExists(at(path));
            // Folders that are left empty go, too; one that is not empty says so and stays.
            Path folder = at(path).getParent();
            while (folder != null && !folder.equals(root) && isEmpty(folder)) {
                Files.deleteIfExists(folder);
                folder = folder.getParent();
            }
        } catch (StoreFault e) {
            throw e;
        } catch (IOException e) {
            throw fault("written", e);
        }
    }

    private static boolean isEmpty(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return false;
        }
        try (var files = Files.newDirectoryStream(folder)) {
            return !files.iterator().hasNext();
        }
    }

    /** The kernel's words tell what is wrong: Java has no types for them. */
    private StoreFault fault(String done, IOException e) {
        String words = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
        if (words.contains("no space left") || words.contains("quota exceeded")) {
            return new StoreFault(
                    StoreFault.Kind.FULL,
                    place() + " is full",
                    "enlarge the volume, or lower clawpod.archive.max-bytes",
                    e);
        }
        String why = "";
        if (e instanceof java.nio.file.AccessDeniedException || words.contains("permission denied")) {
            why = ": permission denied";
        } else if (words.contains("read-only")) {
            why = ": it is mounted read-only";
        }
        return new StoreFault(
                StoreFault.Kind.REFUSED,
                place() + " cannot be " + done + why,
                "let the spawner's user write there, or change clawpod.archive.folder",
                e);
    }
}
