package io.clawpod.spawner.cli;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.plan.Plan;
import io.clawpod.spawner.session.Mount;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.session.User;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Why a spec cannot be planned. The planner stops at the first reason; here what it names is taken out of the spec and the
 * rest planned again, until nothing is left to be said.
 */
final class EveryReason {
    private static final Pattern MOUNT = Pattern.compile("mounts\\[(\\d+)](\\..*)?");
    private static final String ENV = "env.";

    private final SessionSpec original;
    private final Function<SessionSpec, Plan> planner;
    private final List<Integer> mounts = new ArrayList<>();
    private final SortedMap<String, String> env;
    private @Nullable User user;

    private EveryReason(SessionSpec spec, Function<SessionSpec, Plan> planner) {
        this.original = spec;
        this.planner = planner;
        this.env = new TreeMap<>(spec.env());
        this.user = spec.user();
        for (int i = 0; i < spec.mounts().size(); i++) {
            mounts.add(i);
        }
    }

    /** A line for each reason, in the planner's order; empty if the spec can be planned. */
    static List<String> of(SessionSpec spec, Function<SessionSpec, Plan> planner) {
        return new EveryReason(spec, planner).reasons();
    }

    private List<String> reasons() {
        List<String> reasons = new ArrayList<>();
        while (planner.apply(rest()) instanceof Plan.Refused refused) {
            InvalidValue fault = refused.fault();
            Matcher mount = MOUNT.matcher(fault.field());
            if (mount.matches()) {
                int index = Integer.parseInt(mount.group(1));
                String after = mount.group(2) == null ? "" : mount.group(2);
                int place = mounts.remove(index);
                Mount wrong = original.mounts().get(place);
                reasons.add("mounts[" + place + "]" + after + " (" + wrong.hostPath() + ") " + fault.fault() + "; "
                        + fault.remedy());
                continue;
            }
            reasons.add(fault.field() + " " + fault.fault() + "; " + fault.remedy());
            if (fault.field().startsWith(ENV) && env.remove(fault.field().substring(ENV.length())) != null) {
                continue;
            }
            if (fault.field().equals("user") && user != null) {
                user = null;
                continue;
            }
            break;
        }
        return reasons;
    }

    private SessionSpec rest() {
        return new SessionSpec(
                original.group(),
                original.role(),
                original.image(),
                original.command(),
                original.args(),
                original.workdir(),
                env,
                mounts.stream().map(original.mounts()::get).toList(),
                original.tmpfs(),
                user,
                original.supplementalGroups(),
                original.resources(),
                original.lifetime(),
                original.restart(),
                original.backoffLimit(),
                original.heartbeat(),
                original.privileges(),
                original.hostAliases(),
                original.network(),
                original.labels(),
                original.stdin(),
                original.tty());
    }
}
