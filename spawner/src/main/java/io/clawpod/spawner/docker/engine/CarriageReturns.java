package io.clawpod.spawner.docker.engine;

import java.io.ByteArrayOutputStream;

/**
 * A terminal's output as the terminal had it. Its driver ends a line with a carriage return and a line feed (termios(3),
 * ONLCR), of which container runtimes keep only the line feed in the log. Used once; not thread-safe.
 */
final class CarriageReturns {
    private byte last;

    /** @param bytes the next piece of a log */
    byte[] restore(byte[] bytes) {
        ByteArrayOutputStream restored = new ByteArrayOutputStream(bytes.length + bytes.length / 16);
        for (byte next : bytes) {
            if (next == '\n' && last != '\r') {
                restored.write('\r');
            }
            restored.write(next);
            last = next;
        }
        return restored.toByteArray();
    }
}
