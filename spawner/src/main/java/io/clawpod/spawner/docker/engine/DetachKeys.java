package io.clawpod.spawner.docker.engine;

import io.vertx.core.buffer.Buffer;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The keys by which a client at a terminal lets go of an agent (Docker Engine API, detachKeys): letters, or {@code ctrl-} and
 * a letter or one of {@code @ [ \ ] ^ _}. Not thread-safe.
 */
final class DetachKeys {
    private static final String DEFAULT = "ctrl-p,ctrl-q";
    private static final int CONTROL = 0x1f;

    private final byte[] sequence;
    private int matched;

    private DetachKeys(byte[] sequence) {
        this.sequence = sequence;
    }

    /** @throws EngineRefusal if {@code text} is no such sequence */
    static DetachKeys parse(@Nullable String text) {
        String[] keys = (text == null ? DEFAULT : text).split(",", -1);
        byte[] sequence = new byte[keys.length];
        for (int i = 0; i < keys.length; i++) {
            String key = keys[i];
            if (key.length() == 1 && key.charAt(0) < 0x80) {
                sequence[i] = (byte) key.charAt(0);
            } else if (key.toLowerCase(Locale.ROOT).matches("ctrl-[a-z@\\[\\\\\\]^_]")) {
                sequence[i] = (byte) (key.toUpperCase(Locale.ROOT).charAt(key.length() - 1) & CONTROL);
            } else {
                throw new EngineRefusal(
                        400, "detachKeys: '" + Call.cut(key) + "' is no key; write a letter, or ctrl- and a letter");
            }
        }
        return new DetachKeys(sequence);
    }

    /** What of {@code typed} is for the agent; null once the sequence is complete. */
    @Nullable
    Buffer filter(Buffer typed) {
        Buffer passed = Buffer.buffer(typed.length() + matched);
        for (int i = 0; i < typed.length(); i++) {
            byte key = typed.getByte(i);
            if (key != sequence[matched] && matched > 0) {
                passed.appendBytes(sequence, 0, matched);
                matched = 0;
            }
            if (key == sequence[matched]) {
                matched++;
                if (matched == sequence.length) {
                    return null;
                }
            } else {
                passed.appendByte(key);
            }
        }
        return passed;
    }
}
