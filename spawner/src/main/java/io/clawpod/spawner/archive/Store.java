package io.clawpod.spawner.archive;

import java.util.List;

/**
 * Where the archive lies. Paths are relative, of parts joined by {@code /}, and free of {@code ..}. Blocks; thread-safe, but
 * each file has one writer.
 */
interface Store extends AutoCloseable {
    /**
     * A file.
     *
     * @param version is another whenever the content is
     */
    record Entry(String path, long bytes, String version) {}

    /** All files below a folder, in no order; {@code ""} for all there are. A folder that is not there is empty. */
    List<Entry> list(String folder) throws StoreFault;

    /** Up to {@code max} bytes of a file from an offset on; empty at its end, or if there is no such file. */
    byte[] read(String path, long offset, int max) throws StoreFault;

    /** Makes or replaces a file: whoever reads it sees the old one or the new one. */
    void write(String path, byte[] bytes) throws StoreFault;

    /**
     * Adds to a file, or makes it. When it fails the file is as it was, or has a part of {@code bytes} at its end.
     *
     * @param length of the file so far
     * @throws StoreFault of kind CHANGED if that is not its length
     */
    void append(String path, long length, byte[] bytes) throws StoreFault;

    /** Cuts a file after {@code length} bytes. */
    void truncate(String path, long length) throws StoreFault;

    /** Takes a file away, or does nothing if it is not there. */
    void delete(String path) throws StoreFault;

    /** Where it is, for people. */
    String place();

    @Override
    default void close() {}
}
