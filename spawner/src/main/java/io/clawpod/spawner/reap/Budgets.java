package io.clawpod.spawner.reap;

import io.clawpod.common.InvalidValue;
import java.time.Duration;

/**
 * How long sessions may take to begin, and to go. Each at least a second.
 *
 * @param schedule until a node has taken it
 * @param pull until its image is there
 * @param start until its sandbox stands, and for a container that cannot be made
 * @param imageError for an image that cannot be had until somebody changes something
 * @param nodeGone for a pod whose grace is over, on a node that is silent
 */
public record Budgets(Duration schedule, Duration pull, Duration start, Duration imageError, Duration nodeGone) {
    public static final Budgets DEFAULTS = new Budgets(
            Duration.ofMinutes(5),
            Duration.ofMinutes(10),
            Duration.ofMinutes(2),
            Duration.ofMinutes(1),
            Duration.ofMinutes(5));

    /** @throws InvalidValue if one of them is too short */
    public Budgets {
        require("clawpod.budget.schedule", schedule);
        require("clawpod.budget.pull", pull);
        require("clawpod.budget.start", start);
        require("clawpod.budget.image-error", imageError);
        require("clawpod.reap.node-gone-after", nodeGone);
    }

    private static void require(String setting, Duration value) {
        if (value.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new InvalidValue(setting, "is too short", "use at least 1 second");
        }
    }
}
