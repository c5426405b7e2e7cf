package io.clawpod.spawner.session;

import io.clawpod.spawner.session.Heartbeat.OnStale;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How a session shows that it lives, as its pod says. Immutable.
 *
 * @param heartbeat what it was made with; absent if it has none
 * @param idle without a sign of life for how long it is ended; absent means never
 * @param fresh whether its node last found the heartbeat young enough
 * @param lastHeartbeat when the agent last gave one, as last read; absent if none was read
 * @param staleSince since when the heartbeat counts as stale; absent while it does not
 */
public record LifeSigns(
        @Nullable Rule heartbeat,
        @Nullable Duration idle,
        boolean fresh,
        @Nullable Instant lastHeartbeat,
        @Nullable Instant staleSince) {
    /** Of a session that shows nothing and is not asked to. */
    public static final LifeSigns NONE = new LifeSigns(null, null, false, null, null);

    /** As {@link Heartbeat}, with all of it decided. */
    public record Rule(String file, Duration maxAge, OnStale onStale) {}
}
