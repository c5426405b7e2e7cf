package io.clawpod.spawner.docker.engine;

import java.util.Arrays;

/**
 * Puts what a terminal's log has before what was seen live. The log was read a moment after the attachment, so its end may be
 * there twice. Not thread-safe.
 */
final class TerminalBeginning {
    private byte[] beginning;

    TerminalBeginning(byte[] beginning) {
        this.beginning = beginning;
    }

    /** @param live the next piece that was seen live */
    byte[] join(byte[] live) {
        if (beginning.length == 0) {
            return live;
        }
        int kept = beginning.length;
        for (int from = 0; from < beginning.length; from++) {
            int length = Math.min(beginning.length - from, live.length);
            if (Arrays.equals(beginning, from, from + length, live, 0, length)) {
                kept = from;
                break;
            }
        }
        byte[] joint = Arrays.copyOf(beginning, kept + live.length);
        System.arraycopy(live, 0, joint, kept, live.length);
        beginning = new byte[0];
        return joint;
    }
}
