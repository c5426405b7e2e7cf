package io.clawpod.spawner.docker.engine;

import io.clawpod.spawner.session.RemoteProcess.Output;
import io.vertx.core.buffer.Buffer;

/**
 * How Docker puts two streams into one (Docker Engine API, ContainerAttach, "Stream format"): before each piece the number of
 * its stream, three zeros, and its length in bytes as a 32-bit big-endian number. A terminal's one stream goes as it is.
 */
final class Frames {
    static final String RAW = "application/vnd.docker.raw-stream";
    static final String MULTIPLEXED = "application/vnd.docker.multiplexed-stream";

    private static final int HEADER = 8;
    private static final int LENGTH_AT = 4;

    private Frames() {}

    static Buffer of(Output output) {
        byte[] bytes = output.bytes();
        Buffer frame = Buffer.buffer(HEADER + bytes.length);
        frame.appendByte((byte) (output.error() ? 2 : 1)).appendBytes(new byte[HEADER - 1]);
        return frame.setInt(LENGTH_AT, bytes.length).appendBytes(bytes);
    }

    static Buffer of(Output output, boolean tty) {
        return tty ? Buffer.buffer(output.bytes()) : of(output);
    }
}
