package io.clawpod.proxy.audit;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A file that is put aside once it has grown: {@code audit.log} becomes {@code audit.log.1}, that one {@code audit.log.2},
 * and the oldest goes. What one call of {@link #write(byte[], int, int)} gives stays in one file. Confined to one thread.
 */
final class RotatedFile extends OutputStream {
    private final Path path;
    private final long bytes;
    private final int files;
    private @Nullable OutputStream current;
    private long written;

    /**
     * Makes one; the file is opened, or made, when something is written.
     *
     * @param bytes how many one file may hold; a single write that is longer has a file of its own
     * @param files how many there are at most, 1 or more
     */
    RotatedFile(Path path, long bytes, int files) {
        this.path = path;
        this.bytes = bytes;
        this.files = files;
    }

    @Override
    public void write(int single) throws IOException {
        write(new byte[] {(byte) single}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
        OutputStream to = current == null ? open() : current;
        if (written > 0 && written + length > bytes) {
            to.close();
            current = null;
            rotate();
            to = open();
        }
        to.write(from, offset, length);
        written += length;
    }

    private OutputStream open() throws IOException {
        OutputStream opened = Files.newOutputStream(
                path, StandardOpenOption.CREATE, StandardOpenOption.APPEND, StandardOpenOption.WRITE);
        written = Files.size(path);
        current = opened;
        return opened;
    }

    private void rotate() throws IOException {
        if (files == 1) {
            Files.delete(path);
            return;
        }
        for (int age = files - 1; age > 0; age--) {
            Path younger = age == 1 ? path : aged(age - 1);
            if (Files.exists(younger)) {
                Files.move(younger, aged(age), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private Path aged(int age) {
        return path.resolveSibling(path.getFileName() + "." + age);
    }

    @Override
    public void close() throws IOException {
        OutputStream open = current;
        if (open != null) {
            open.close();
        }
    }
}
