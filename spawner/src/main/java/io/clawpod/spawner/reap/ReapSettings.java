package io.clawpod.spawner.reap;

import io.clawpod.common.InvalidValue;
import java.time.Duration;

/**
 * What the operator has set for the reaper.
 *
 * @param dryRun whether it only says what it would do
 * @param neverStartedAfter how long a session that is held may wait for its start; at least a second
 * @param budgets how long the others may take
 */
public record ReapSettings(boolean dryRun, Duration neverStartedAfter, Budgets budgets) {
    /** @throws InvalidValue if the wait is too short */
    public ReapSettings {
        if (neverStartedAfter.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new InvalidValue("never-started-after", "is too short", "use at least 1 second");
        }
    }

    public ReapSettings(boolean dryRun, Duration neverStartedAfter) {
        this(dryRun, neverStartedAfter, Budgets.DEFAULTS);
    }
}
