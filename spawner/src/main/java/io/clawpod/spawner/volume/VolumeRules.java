package io.clawpod.spawner.volume;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.session.ContainerPath;
import io.clawpod.spawner.session.Mount;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** All volume rules; the longest prefix that holds a path decides. Immutable. */
public final class VolumeRules {
    private final List<VolumeRule> longestFirst;

    /** @throws InvalidValue if two rules have the same prefix, or say of one claim that it is on two nodes */
    public VolumeRules(List<VolumeRule> rules) {
        Set<String> prefixes = new HashSet<>();
        Map<String, String> nodes = new HashMap<>();
        for (int i = 0; i < rules.size(); i++) {
            if (!prefixes.add(rules.get(i).hostPrefix())) {
                throw new InvalidValue("rules[" + i + "].hostPrefix", "has a rule already", "keep one of the two");
            }
            if (rules.get(i).source() instanceof VolumeSource.Claim claim && claim.node() != null) {
                String other = nodes.putIfAbsent(claim.name(), claim.node());
                if (other != null && !other.equals(claim.node())) {
                    throw new InvalidValue(
                            "rules[" + i + "].node",
                            "is not the node that another rule names for this claim",
                            "name one");
                }
            }
        }
        List<VolumeRule> sorted = new ArrayList<>(rules);
        sorted.sort(Comparator.comparing((VolumeRule rule) -> -rule.hostPrefix().length()));
        longestFirst = List.copyOf(sorted);
    }

    /**
     * A mount's place in the cluster.
     *
     * @param relativePath from the rule's prefix to the mounted path; empty for the prefix itself
     */
    public record Placement(VolumeRule rule, String relativePath) {}

    /** Where {@code mount} lies, or empty if no rule holds its path. */
    public Optional<Placement> place(Mount mount) {
        String path = mount.hostPath();
        return longestFirst.stream()
                .filter(rule -> ContainerPath.isWithin(path, rule.hostPrefix()))
                .findFirst()
                .map(rule -> new Placement(rule, relative(path, rule.hostPrefix())));
    }

    private static String relative(String path, String prefix) {
        if (path.equals(prefix)) {
            return "";
        }
        return path.substring(prefix.equals("/") ? 1 : prefix.length() + 1);
    }

    /** The prefixes, for an error that says what would have been possible. */
    public List<String> prefixes() {
        return longestFirst.stream().map(VolumeRule::hostPrefix).sorted().toList();
    }

    /** The claims that the rules name. */
    public Set<String> claims() {
        return longestFirst.stream()
                .map(VolumeRule::source)
                .filter(VolumeSource.Claim.class::isInstance)
                .map(source -> ((VolumeSource.Claim) source).name())
                .collect(Collectors.toUnmodifiableSet());
    }
}
