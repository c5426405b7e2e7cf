package io.clawpod.spawner.host;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.host.VisibleHost.Kind;
import io.clawpod.spawner.host.VisibleHost.Sight;
import io.clawpod.spawner.plan.MountDecision;
import io.clawpod.spawner.plan.MountReview;
import io.clawpod.spawner.plan.MountReviews;
import io.clawpod.spawner.session.ContainerPath;
import io.clawpod.spawner.session.FileContent;
import io.clawpod.spawner.session.Mount;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.volume.MountAllowlist;
import io.clawpod.spawner.volume.MountAllowlist.Candidate;
import io.clawpod.spawner.volume.MountAllowlist.Verdict;
import io.clawpod.spawner.volume.VolumeRules;
import io.clawpod.spawner.volume.VolumeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decides what becomes of mounts by the rules, the allowlist and what is seen of the host. Thread-safe. */
public final class HostVolumes implements MountReviews {
    private static final String MAIN = "main";
    private static final String OUTSIDE = "lies outside every volume rule, and ";

    private final RulesFile rules;
    private final @Nullable AllowlistFile allowlist;
    private final @Nullable VisibleHost host;
    private final String governs;

    /**
     * Reads the files for the first time; blocks.
     *
     * @throws InvalidValue if the rules' file is wrong
     */
    public HostVolumes(VolumeSettings settings) {
        this.rules = new RulesFile(settings.rules(), settings.ownership(), settings.file());
        this.allowlist = settings.allowlist() == null ? null : new AllowlistFile(settings.allowlist(), settings.home());
        this.host = settings.visibleAt() == null ? null : new VisibleHost(settings.visibleAt());
        this.governs = settings.governs();
        if (allowlist != null) {
            allowlist.refresh();
        }
    }

    @Override
    public void refresh() {
        rules.refresh();
        if (allowlist != null) {
            allowlist.refresh();
        }
    }

    @Override
    public List<String> faults() {
        List<String> faults = new ArrayList<>();
        rules.fault().ifPresent(faults::add);
        if (allowlist != null) {
            allowlist.fault().ifPresent(faults::add);
        }
        return faults;
    }

    /** The rules as they are now. */
    public VolumeRules rules() {
        return rules.rules();
    }

    @Override
    public Set<String> claims() {
        return rules().claims();
    }

    @Override
    public Optional<FileContent> read(String hostPath) {
        try {
            return host == null ? Optional.empty() : host.read(hostPath);
        } catch (InvalidValue tooLarge) {
            return Optional.empty();
        }
    }

    @Override
    public MountReview review(SessionSpec spec) {
        VolumeRules spelt = rules();
        // A prefix that is a link itself is spelt by hosts as they like; what is mounted below it is seen by its real
        // path.
        VolumeRules real = host == null
                ? spelt
                : spelt.alsoBelow(prefix -> host.look(prefix).path());
        boolean main = MAIN.equals(spec.role()) || MAIN.equals(spec.group());
        List<MountDecision> decisions = new ArrayList<>();
        for (Mount mount : spec.mounts()) {
            decisions.add(decide(mount, main, spelt, real));
        }
        return new MountReview(real, decisions);
    }

    private MountDecision decide(Mount mount, boolean main, VolumeRules spelt, VolumeRules real) {
        // What the caller sends along need not be anywhere.
        Sight sight = host == null || mount.content() != null
                ? new Sight(mount.hostPath(), Kind.FILE)
                : host.look(mount.hostPath());
        boolean readOnly = mount.readOnly();
        String note = null;
        if (allowlist != null && ContainerPath.isWithin(mount.containerPath(), governs)) {
            Verdict verdict = judge(allowlist, mount, sight, main);
            if (verdict instanceof Verdict.Refused refused) {
                return new MountDecision.Drop(refused.why());
            }
            Verdict.Allowed allowed = (Verdict.Allowed) verdict;
            readOnly = allowed.readOnly();
            note = allowed.why();
        }
        if (mount.content() != null) {
            return new MountDecision.Carry(mount.content(), null, note);
        }
        Optional<VolumeRules.Placement> placement = real.place(sight.path());
        if (placement.isPresent()) {
            // The kubelet keeps a subPath within its volume, but a path of the node's own leads where its links lead.
            return sight.kind() == Kind.UNCLEAR && placement.get().rule().source() instanceof VolumeSource.HostPath
                    ? unclear("is not clear: the spawner cannot follow it to its end")
                    : new MountDecision.Place(sight.path(), readOnly, note);
        }
        if (host == null) {
            return new MountDecision.Place(sight.path(), readOnly, note);
        }
        if (spelt.place(mount.hostPath()).isPresent()) {
            return new MountDecision.Refuse(
                    "leads by a link out of the volume rules", "mount what it leads to, and add a rule for that");
        }
        return carried(host, sight, readOnly, note, real);
    }

    private Verdict judge(AllowlistFile file, Mount mount, Sight sight, boolean main) {
        Optional<MountAllowlist> list = file.list();
        if (list.isEmpty()) {
            return new Verdict.Refused("there is no valid mount allowlist");
        }
        String below = mount.containerPath().equals(governs)
                ? ""
                : mount.containerPath().substring(governs.equals("/") ? 1 : governs.length() + 1);
        boolean seen = sight.kind() != Kind.UNSEEN && sight.kind() != Kind.UNCLEAR;
        return list.get()
                .judge(new Candidate(below, seen ? sight.path() : null, mount.readOnly(), main), this::realRoot);
    }

    private Optional<String> realRoot(String root) {
        if (host == null) {
            return Optional.of(root);
        }
        Sight sight = host.look(root);
        return sight.kind() == Kind.UNSEEN || sight.kind() == Kind.UNCLEAR
                ? Optional.empty()
                : Optional.of(sight.path());
    }

    private static MountDecision carried(
            VisibleHost host, Sight sight, boolean readOnly, @Nullable String note, VolumeRules rules) {
        String remedy = rules.prefixes().isEmpty()
                ? "add a volume rule"
                : "mount what lies below " + String.join(" or ", rules.prefixes()) + ", or add a rule";
        switch (sight.kind()) {
            case UNSEEN, UNCLEAR -> {
                return new MountDecision.Refuse(OUTSIDE + "the spawner does not see it", remedy);
            }
            case FOLDER, OTHER -> {
                return new MountDecision.Refuse(OUTSIDE + "is no file that could travel with the pod", remedy);
            }
            case FILE -> {}
        }
        if (!readOnly) {
            return new MountDecision.Refuse(
                    OUTSIDE + "a file that travels with the pod cannot be written", "mount it read-only, or " + remedy);
        }
        try {
            return host.read(sight.path())
                    .<MountDecision>map(content -> new MountDecision.Carry(content, sight.path(), note))
                    .orElseGet(() -> new MountDecision.Refuse(OUTSIDE + "the spawner cannot read it", remedy));
        } catch (InvalidValue tooLarge) {
            return new MountDecision.Refuse(
                    OUTSIDE + "is larger than the " + FileContent.MAX_BYTES / 1024 + " KiB that travel with a pod",
                    remedy);
        }
    }

    private static MountDecision unclear(String fault) {
        return new MountDecision.Refuse(fault, "let the spawner look at it, and run it with a UTF-8 locale");
    }
}
