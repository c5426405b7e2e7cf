package io.clawpod.spawner.session;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.io.Serial;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * A process in a session's container, by its streams. Thread-safe; nothing here blocks. Whoever is given one has to read
 * {@link #output} or to {@link #close} it: until then it holds a connection.
 */
public interface RemoteProcess {
    /**
     * What it writes, in order of arrival. Completes when the process has ended or the container's stream has; fails if the
     * connection broke. One subscriber. The connection is read no faster than the subscriber asks, so that the process is
     * held up by a slow reader. Cancelling closes.
     */
    Multi<Output> output();

    /**
     * Completes when the bytes were handed to the connection and it can take more; one who waits for that holds no more than
     * one write in memory. Nothing is sent before the Uni is subscribed to; the order of subscriptions is kept, and
     * cancelling one takes nothing back. Fails when standard input was not asked for, has been ended, or the connection is
     * closed.
     *
     * @param bytes not to be changed afterwards
     */
    Uni<Void> write(byte[] bytes);

    /**
     * The end of its standard input, after all that was written before; the streams from it stay open
     * (v5.channel.k8s.io). Fails with {@link HalfCloseUnsupported} when the API server does not know how.
     */
    Uni<Void> closeInput();

    /**
     * Tells its terminal the size of the window; nothing for a process without one. Each is sent once subscribed to.
     *
     * @param columns 1 to 65535
     * @param rows 1 to 65535
     */
    Uni<Void> resize(int columns, int rows);

    /**
     * How it ended; completes once the reader has all output, or with {@link #close}, and does not fail. May be asked any
     * number of times.
     */
    Uni<Exit> exit();

    /** Lets go of it; the process itself may go on. Idempotent. */
    void close();

    /**
     * A piece of what it wrote.
     *
     * @param error whether to standard error; with a terminal all goes to standard output
     * @param bytes at least one; the receiver's own
     */
    // Pieces are never compared, and copying each would double the work of a stream.
    @SuppressWarnings("ArrayRecordComponent")
    record Output(boolean error, byte[] bytes) {}

    /** How it ended. */
    sealed interface Exit {
        /** By itself or by a signal, or for an attachment: the container's stream ended, with 0. */
        record Exited(int code) implements Exit {}

        /**
         * Without an exit code: it could not be started, or the connection was lost or closed.
         *
         * @param message for people, as the container runtime or the API server says it
         */
        record Failed(String message) implements Exit {
            /**
             * What a shell would exit with for a command that it cannot start: 127 if there is none of that name, 126 if it
             * cannot be executed (POSIX, Shell Command Language 2.8.2). Empty if the words tell of something else.
             */
            public OptionalInt shellCode() {
                String words = message.toLowerCase(Locale.ROOT);
                if (Stream.of("executable file not found", "no such file or directory")
                        .anyMatch(words::contains)) {
                    return OptionalInt.of(127);
                }
                if (Stream.of("permission denied", "exec format error", "is a directory", "not a directory")
                        .anyMatch(words::contains)) {
                    return OptionalInt.of(126);
                }
                return OptionalInt.empty();
            }
        }
    }

    /** The API server speaks no protocol that can end standard input alone; {@link #close} ends all streams. */
    final class HalfCloseUnsupported extends RuntimeException {
        @Serial
        private static final long serialVersionUID = 1;

        public HalfCloseUnsupported() {
            super("the API server cannot end standard input alone (it lacks v5.channel.k8s.io)", null, false, false);
        }
    }
}
