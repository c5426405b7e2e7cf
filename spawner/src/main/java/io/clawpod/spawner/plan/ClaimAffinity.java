package io.clawpod.spawner.plan;

import io.clawpod.common.Digests;
import io.clawpod.common.Labels;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.AffinityBuilder;
import io.fabric8.kubernetes.api.model.PodAffinityTerm;
import io.fabric8.kubernetes.api.model.PodAffinityTermBuilder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Keeps pods that share a claim which only one node at a time can use on one node: each has a label for the claim and asks for
 * a node with a pod that has it too. The scheduler lets the first of them through, since it would meet its own term.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity">
 *     Inter-pod affinity</a>
 */
final class ClaimAffinity {
    static final String VALUE = "used";

    private static final String NODE = "kubernetes.io/hostname";
    private static final int HASH_DIGITS = 10;
    private static final int MOST = 100;

    private ClaimAffinity() {}

    /** A claim's name may be longer than a label's. */
    static String label(String claim) {
        return Labels.CLAIM_PREFIX + Digests.hex("SHA-256", claim.getBytes(StandardCharsets.UTF_8), HASH_DIGITS);
    }

    /** @param claims that no rule pins to a node; null if there are none */
    static @Nullable Affinity of(Collection<String> claims) {
        if (claims.isEmpty()) {
            return null;
        }
        List<PodAffinityTerm> terms =
                new TreeSet<>(claims).stream().map(ClaimAffinity::term).toList();
        AffinityBuilder affinity = new AffinityBuilder()
                .withNewPodAffinity()
                .withRequiredDuringSchedulingIgnoredDuringExecution(terms)
                .endPodAffinity();
        if (terms.size() > 1) {
            // The scheduler takes several terms together: only a pod that uses all of the claims meets them.
            // Where there is none, those that use one of them still draw this one to their node.
            for (PodAffinityTerm term : terms) {
                affinity.editPodAffinity()
                        .addNewPreferredDuringSchedulingIgnoredDuringExecution()
                        .withWeight(MOST)
                        .withPodAffinityTerm(term)
                        .endPreferredDuringSchedulingIgnoredDuringExecution()
                        .endPodAffinity();
            }
        }
        return affinity.build();
    }

    private static PodAffinityTerm term(String claim) {
        return new PodAffinityTermBuilder()
                .withNewLabelSelector()
                .withMatchLabels(Map.of(label(claim), VALUE))
                .endLabelSelector()
                .withTopologyKey(NODE)
                .build();
    }
}
