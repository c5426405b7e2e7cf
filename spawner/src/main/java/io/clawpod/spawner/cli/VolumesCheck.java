package io.clawpod.spawner.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.clawpod.spawner.plan.MountDecision;
import io.clawpod.spawner.plan.MountReview;
import io.clawpod.spawner.plan.MountReviews;
import io.clawpod.spawner.session.Mount;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.volume.VolumeRule;
import io.clawpod.spawner.volume.VolumeRules;
import io.clawpod.spawner.volume.VolumeSource;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where the volume rules lead, and where mounts would go.
 *
 * @param ok whether nothing is wrong
 * @param namespace of the claims
 * @param faults of the files that say where folders lie
 */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonPropertyOrder({"ok", "namespace", "faults", "rules", "mounts"})
record VolumesCheck(boolean ok, String namespace, List<String> faults, List<Rule> rules, List<Checked> mounts) {
    /**
     * A rule.
     *
     * @param fault what is wrong with the claim that it names
     */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Rule(
            String hostPrefix,
            String source,
            @Nullable String node,
            @Nullable String fault) {}

    /**
     * A mount.
     *
     * @param outcome claim, nfs, hostPath, file, left-out or refused
     * @param place where it goes, or why it goes nowhere
     * @param readOnly whether the agent could not write to it
     * @param note what is otherwise than asked
     */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Checked(
            String hostPath,
            @Nullable String realPath,
            String outcome,
            String place,
            boolean readOnly,
            @Nullable String note,
            @Nullable String fault) {
        boolean ok() {
            return fault == null && !outcome.equals("left-out") && !outcome.equals("refused");
        }
    }

    /** @param claims asks the cluster; absent for no asking */
    static VolumesCheck of(String namespace, MountReviews reviews, List<Mount> mounts, @Nullable Claims claims) {
        List<String> faults = reviews.faults();
        VolumeRules rules = reviews.review(SessionSpec.builder("any").build()).rules();
        Map<String, Optional<String>> found =
                claims == null || rules.claims().isEmpty() ? Map.of() : claims.faults(namespace, rules.claims());
        List<Rule> told = new ArrayList<>();
        for (VolumeRule rule : rules.rules()) {
            told.add(new Rule(rule.hostPrefix(), source(rule.source()), node(rule.source()), fault(rule, found)));
        }
        List<Checked> checked = new ArrayList<>();
        for (Mount mount : mounts) {
            MountReview review =
                    reviews.review(SessionSpec.builder("any").mount(mount).build());
            checked.add(check(mount, review.decisions().get(0), review.rules(), found));
        }
        boolean ok = faults.isEmpty()
                && told.stream().allMatch(rule -> rule.fault == null)
                && checked.stream().allMatch(Checked::ok);
        return new VolumesCheck(ok, namespace, faults, told, checked);
    }

    private static @Nullable String fault(VolumeRule rule, Map<String, Optional<String>> found) {
        return rule.source() instanceof VolumeSource.Claim claim
                ? found.getOrDefault(claim.name(), Optional.empty()).orElse(null)
                : null;
    }

    private static Checked check(
            Mount mount, MountDecision decision, VolumeRules rules, Map<String, Optional<String>> found) {
        String path = mount.hostPath();
        if (decision instanceof MountDecision.Place place) {
            String real = place.hostPath().equals(path) ? null : place.hostPath();
            return rules.place(place.hostPath())
                    .map(at -> new Checked(
                            path,
                            real,
                            outcome(at.rule().source()),
                            place(at, place.hostPath()),
                            place.readOnly(),
                            place.note(),
                            fault(at.rule(), found)))
                    .orElseGet(() -> refused(path, "lies outside every volume rule"));
        }
        if (decision instanceof MountDecision.Carry carry) {
            return new Checked(
                    path,
                    null,
                    "file",
                    "travels with the pod, " + carry.content().size() + " bytes",
                    true,
                    carry.note(),
                    null);
        }
        if (decision instanceof MountDecision.Drop drop) {
            return new Checked(path, null, "left-out", "refused by the allowlist: " + drop.why(), true, null, null);
        }
        return refused(path, ((MountDecision.Refuse) decision).fault());
    }

    private static Checked refused(String path, String why) {
        return new Checked(path, null, "refused", why, true, null, null);
    }

    private static String outcome(VolumeSource source) {
        if (source instanceof VolumeSource.Claim) {
            return "claim";
        }
        return source instanceof VolumeSource.Nfs ? "nfs" : "hostPath";
    }

    private static String source(VolumeSource source) {
        if (source instanceof VolumeSource.Claim claim) {
            return "pvc:" + claim.name() + (claim.subPath().isEmpty() ? "" : "/" + claim.subPath());
        }
        return source instanceof VolumeSource.Nfs nfs ? "nfs:" + nfs.server() + ":" + nfs.path() : "hostPath";
    }

    private static @Nullable String node(VolumeSource source) {
        if (source instanceof VolumeSource.Claim claim) {
            return claim.node();
        }
        return source instanceof VolumeSource.HostPath disk ? disk.node() : null;
    }

    private static String place(VolumeRules.Placement at, String real) {
        VolumeSource source = at.rule().source();
        String node = node(source) == null ? "" : " on node " + node(source);
        if (source instanceof VolumeSource.HostPath) {
            return "hostPath " + real + node;
        }
        return source(source) + (at.relativePath().isEmpty() ? "" : "/" + at.relativePath()) + node;
    }

    /** A line for each thing, and one more for each fault. */
    String text() {
        StringBuilder text = new StringBuilder();
        faults.forEach(fault -> text.append("WRONG ").append(fault).append('\n'));
        for (Rule rule : rules) {
            text.append("rule  ").append(rule.hostPrefix).append(" -> ").append(rule.source);
            text.append(rule.node == null ? "" : " on node " + rule.node).append('\n');
            text.append(rule.fault == null ? "" : "WRONG   " + rule.fault + "\n");
        }
        if (rules.isEmpty()) {
            text.append("no rules\n");
        }
        for (Checked mount : mounts) {
            text.append(mount.ok() ? "mount " : "WRONG ").append(mount.hostPath);
            text.append(mount.realPath == null ? "" : " (" + mount.realPath + ")");
            text.append(" -> ").append(mount.place);
            text.append(mount.readOnly && mount.ok() ? ", read-only" : "");
            text.append(mount.note == null ? "" : ": " + mount.note).append('\n');
        }
        return text.toString();
    }
}
