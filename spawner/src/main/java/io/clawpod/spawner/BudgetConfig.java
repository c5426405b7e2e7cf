package io.clawpod.spawner;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How long a session may take on its way to run; what takes longer is ended. Each at least a second. */
@ConfigMapping(prefix = "clawpod.budget")
public interface BudgetConfig {
    /** Until a node has taken it, from when it was made, or started if it was made held. */
    @WithDefault("PT5M")
    Duration schedule();

    /** Until its image is there, from when its network stands. */
    @WithDefault("PT10M")
    Duration pull();

    /** Until its network stands, from when a node has taken it; and for a container that cannot be made. */
    @WithDefault("PT2M")
    Duration start();

    /** For an image that cannot be had until somebody changes something: there is none, or not for this cluster. */
    @WithDefault("PT1M")
    Duration imageError();
}
