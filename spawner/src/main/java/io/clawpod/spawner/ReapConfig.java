package io.clawpod.spawner;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of the reaper. */
@ConfigMapping(prefix = "clawpod.reap")
public interface ReapConfig {
    /** Of the Lease {@code spawner-reaper}, by which one of several replicas leads: the spawner's own. */
    @WithDefault("clawpod")
    String namespace();

    /** Whether what would be reaped is only logged. What callers ask for, sweeps too, is done all the same. */
    @WithDefault("false")
    boolean dryRun();

    /** How long a session that is made held may wait for its start. */
    @WithDefault("PT1H")
    Duration neverStartedAfter();

    /**
     * After the grace of a session that is to end: how long its node may be silent until its pod is taken out of the cluster,
     * though its processes may go on there.
     */
    @WithDefault("PT5M")
    Duration nodeGoneAfter();
}
