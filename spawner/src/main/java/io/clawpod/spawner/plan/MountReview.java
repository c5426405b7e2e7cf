package io.clawpod.spawner.plan;

import io.clawpod.spawner.session.Mount;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.volume.VolumeRules;
import io.clawpod.spawner.volume.VolumeSource;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What becomes of the mounts of one spec.
 *
 * @param rules that place those which are placed
 * @param decisions one for each mount, in the spec's order
 */
public record MountReview(VolumeRules rules, List<MountDecision> decisions) {
    public MountReview {
        decisions = List.copyOf(decisions);
    }

    /** Each mount as it was asked for, when nothing is seen of the host. */
    public static MountReview asAsked(SessionSpec spec, VolumeRules rules) {
        return new MountReview(
                rules, spec.mounts().stream().map(MountReview::asAsked).toList());
    }

    private static MountDecision asAsked(Mount mount) {
        return mount.content() == null
                ? new MountDecision.Place(mount.hostPath(), mount.readOnly(), null)
                : new MountDecision.Carry(mount.content(), null, null);
    }

    /** The claims that the mounts come from. */
    public Set<String> claims() {
        return decisions.stream()
                .filter(MountDecision.Place.class::isInstance)
                .flatMap(decision -> rules.place(((MountDecision.Place) decision).hostPath()).stream())
                .map(placement -> placement.rule().source())
                .filter(VolumeSource.Claim.class::isInstance)
                .map(source -> ((VolumeSource.Claim) source).name())
                .collect(Collectors.toUnmodifiableSet());
    }
}
