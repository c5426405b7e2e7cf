package io.clawpod.spawner.docker.engine;

import io.clawpod.spawner.session.RemoteProcess.Output;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * Tells the lines of standard error in a log, which has both streams as one. The log is complete; what is seen of standard
 * error beside it is not, since nobody can attach to an agent before it runs. A line of the log that was also seen there is
 * standard error's, and any other is taken for standard output's. Not thread-safe.
 */
final class ErrorLines {
    /** How much of standard error is remembered until the log brings it, and the longest line that is told, in bytes. */
    static final int MAX_REMEMBERED = 1 << 20;

    private final Deque<ByteBuffer> seen = new ArrayDeque<>();
    private int remembered;
    private byte[] errorRest = {};
    private byte[] logRest = {};

    /** Takes what standard error was seen to bring. */
    void error(byte[] bytes) {
        byte[] all = join(errorRest, bytes);
        int from = 0;
        for (int i = 0; i < all.length; i++) {
            if (all[i] == '\n') {
                remember(Arrays.copyOfRange(all, from, i + 1));
                from = i + 1;
            }
        }
        errorRest = Arrays.copyOfRange(all, from, all.length);
        if (errorRest.length > MAX_REMEMBERED) {
            errorRest = new byte[0];
        }
    }

    private void remember(byte[] line) {
        seen.addLast(ByteBuffer.wrap(line));
        remembered += line.length;
        while (remembered > MAX_REMEMBERED) {
            remembered -= seen.removeFirst().remaining();
        }
    }

    /** The log's next piece by streams; the begin of a line waits for its end. */
    List<Output> log(byte[] bytes) {
        byte[] all = join(logRest, bytes);
        List<Output> pieces = new ArrayList<>();
        int from = 0;
        int told = 0;
        boolean error = false;
        for (int i = 0; i < all.length; i++) {
            if (all[i] == '\n') {
                boolean isError = isError(Arrays.copyOfRange(all, told, i + 1));
                if (isError != error && told > from) {
                    pieces.add(new Output(error, Arrays.copyOfRange(all, from, told)));
                    from = told;
                }
                error = isError;
                told = i + 1;
            }
        }
        if (told > from) {
            pieces.add(new Output(error, Arrays.copyOfRange(all, from, told)));
        }
        logRest = Arrays.copyOfRange(all, told, all.length);
        if (logRest.length > MAX_REMEMBERED) {
            pieces.add(new Output(false, logRest));
            logRest = new byte[0];
        }
        return pieces;
    }

    /** What is left once the log has ended: a last line without an end. */
    List<Output> end() {
        if (logRest.length == 0) {
            return List.of();
        }
        boolean error = Arrays.equals(logRest, errorRest);
        byte[] last = logRest;
        logRest = new byte[0];
        return List.of(new Output(error, last));
    }

    /** Lines of standard error come in the log in their order, so what was seen before this one was missed. */
    private boolean isError(byte[] line) {
        ByteBuffer wanted = ByteBuffer.wrap(line);
        if (!seen.contains(wanted)) {
            return false;
        }
        while (true) {
            ByteBuffer first = seen.removeFirst();
            remembered -= first.remaining();
            if (first.equals(wanted)) {
                return true;
            }
        }
    }

    private static byte[] join(byte[] first, byte[] second) {
        if (first.length == 0) {
            return second;
        }
        byte[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }
}
