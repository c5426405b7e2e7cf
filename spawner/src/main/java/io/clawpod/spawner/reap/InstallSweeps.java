package io.clawpod.spawner.reap;

import io.clawpod.common.InstallSlug;
import io.clawpod.common.Problem;
import io.clawpod.spawner.session.ReapReason;
import io.clawpod.spawner.session.ReapTargets;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.Sweeps;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Carries out sweeps. Any replica does, as its caller asks for it. Thread-safe. */
public final class InstallSweeps implements Sweeps {
    private final ReapTargets targets;
    private final ReapTally tally;

    public InstallSweeps(ReapTargets targets, ReapTally tally) {
        this.targets = targets;
        this.tally = tally;
    }

    @Override
    public Swept sweep(InstallSlug install, Set<String> keep, boolean dryRun) {
        Reaping.Sweep sweep = Reaping.sweep(targets.seen(), install, keep);
        if (dryRun) {
            return sweep.told();
        }
        List<String> ended = new ArrayList<>();
        List<String> failed = new ArrayList<>();
        @Nullable Problem problem = null;
        for (Session orphan : sweep.orphans()) {
            try {
                if (targets.end(orphan, ReapReason.ORPHANED, "The host of its install did not name it in a sweep.")) {
                    tally.add(ReapReason.ORPHANED);
                }
                // One that went by itself in the meantime is just as gone.
                ended.add(orphan.key().key());
            } catch (Refusal refusal) {
                failed.add(orphan.key().key());
                problem = refusal.problem();
            }
        }
        if (problem != null) {
            throw new Refusal(problem, Map.of("ended", ended, "failed", failed));
        }
        return sweep.told();
    }
}
