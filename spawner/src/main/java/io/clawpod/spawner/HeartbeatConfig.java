package io.clawpod.spawner;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of heartbeats. */
@ConfigMapping(prefix = "clawpod.heartbeat")
public interface HeartbeatConfig {
    /** The greatest age of a live agent's heartbeat when its spec does not say: a NanoClaw host gives up then. */
    @WithDefault("PT30M")
    Duration maxAge();

    /** How often the heartbeats are read: a NanoClaw host sweeps as often. */
    @WithDefault("PT60S")
    Duration readEvery();

    /** What happens to a session whose heartbeat is stale when its spec does not say: {@code report} or {@code end}. */
    @WithDefault("report")
    String onStale();

    /** How long a heartbeat has to be stale before its session is ended for it. */
    @WithDefault("PT0S")
    Duration endAfter();
}
