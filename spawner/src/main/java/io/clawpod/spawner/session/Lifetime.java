package io.clawpod.spawner.session;

import io.clawpod.common.InvalidValue;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long a session may live and how long it stays to be looked at.
 *
 * @param deadline from the pod's start to its forced end; at least a second, absent means none
 * @param idle without a call or a heartbeat until its forced end; at least a second, absent means none
 * @param retention how long the pod stays after its end; absent means the configured default
 */
public record Lifetime(
        @Nullable Duration deadline,
        @Nullable Duration idle,
        @Nullable Duration retention) {
    public static final Lifetime UNSET = new Lifetime(null, null, null);

    private static final Duration MAX = Duration.ofDays(365);

    /** @throws InvalidValue if a duration is out of bounds */
    public Lifetime {
        bounded("deadline", deadline, Duration.ofSeconds(1));
        bounded("idle", idle, Duration.ofSeconds(1));
        bounded("retention", retention, Duration.ZERO);
    }

    private static void bounded(String field, @Nullable Duration value, Duration least) {
        if (value != null && (value.compareTo(least) < 0 || value.compareTo(MAX) > 0)) {
            throw new InvalidValue(field, "is out of bounds", "use " + least + " to " + MAX);
        }
    }
}
