package io.clawpod.spawner.docker.engine;

import io.clawpod.common.Digests;
import io.clawpod.common.SessionKey;
import java.nio.charset.StandardCharsets;

/**
 * The id by which Docker's clients know a session: 64 hexadecimal digits of SHA-256(install NUL key), of which the pod's name
 * has the first ten. The same on every replica, and after a restart.
 */
final class ContainerId {
    private static final int LENGTH = 64;

    private ContainerId() {}

    static String of(SessionKey key) {
        return Digests.hex(
                "SHA-256", (key.install().value() + '\0' + key.key()).getBytes(StandardCharsets.UTF_8), LENGTH);
    }

    /** Whether {@code text} can be an id or the beginning of one. */
    static boolean isPrefix(String text) {
        return !text.isEmpty()
                && text.length() <= LENGTH
                && text.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    }
}
