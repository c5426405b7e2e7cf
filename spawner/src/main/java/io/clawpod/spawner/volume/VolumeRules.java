package io.clawpod.spawner.volume;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.session.ContainerPath;
import io.clawpod.spawner.session.Mount;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** All volume rules; the longest prefix that holds a path decides. Immutable. */
public final class VolumeRules {
    private static final YAMLMapper STRICT = YAMLMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private static final Pattern INDEX = Pattern.compile("rules\\[(\\d+)](\\..*)");

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
     * Reads rules from a file, strictly: YAML, and so JSON too, with a list {@code rules} of {@code host-prefix}, {@code source}
     * and perhaps {@code node} and {@code ownership}, each as in the settings.
     *
     * @param usual ownership of rules that name none
     * @throws InvalidValue naming the field that is wrong
     */
    public static List<VolumeRule> parse(String text, Ownership usual) {
        JsonNode document;
        try {
            document = STRICT.readTree(text);
        } catch (JsonProcessingException e) {
            String where =
                    e.getLocation() == null ? "" : " at line " + e.getLocation().getLineNr();
            throw new InvalidValue("the file", "is no YAML" + where, "write rules: and a list");
        }
        List<JsonNode> listed = new StrictTree("", document, Set.of("rules")).list("rules");
        List<VolumeRule> rules = new ArrayList<>();
        for (int i = 0; i < listed.size(); i++) {
            String at = "rules[" + i + "]";
            StrictTree rule = new StrictTree(at, listed.get(i), Set.of("host-prefix", "source", "node", "ownership"));
            String ownership = rule.optionalText("ownership");
            try {
                rules.add(new VolumeRule(
                        rule.text("host-prefix"),
                        VolumeSource.parse(rule.text("source"), rule.optionalText("node")),
                        ownership == null ? usual : Ownership.parse(ownership)));
            } catch (InvalidValue wrong) {
                throw wrong.field().startsWith(at) ? wrong : asWritten(wrong.under(at));
            }
        }
        return rules;
    }

    /** A fault of the constructor's, told by the place in the file of a rule that {@code before} others came before. */
    public static InvalidValue shifted(InvalidValue wrong, int before) {
        Matcher index = INDEX.matcher(wrong.field());
        return index.matches()
                ? asWritten(new InvalidValue(
                        "rules[" + (Integer.parseInt(index.group(1)) - before) + "]" + index.group(2),
                        wrong.fault(),
                        wrong.remedy()))
                : wrong;
    }

    private static InvalidValue asWritten(InvalidValue wrong) {
        return new InvalidValue(wrong.field().replace("hostPrefix", "host-prefix"), wrong.fault(), wrong.remedy());
    }

    /**
     * A mount's place in the cluster.
     *
     * @param relativePath from the rule's prefix to the mounted path; empty for the prefix itself
     */
    public record Placement(VolumeRule rule, String relativePath) {}

    /** Where {@code mount} lies, or empty if no rule holds its path. */
    public Optional<Placement> place(Mount mount) {
        return place(mount.hostPath());
    }

    /** Where the host's {@code path} lies, or empty if no rule holds it. */
    public Optional<Placement> place(String path) {
        return longestFirst.stream()
                .filter(rule -> ContainerPath.isWithin(path, rule.hostPrefix()))
                .findFirst()
                .map(rule -> new Placement(rule, relative(path, rule.hostPrefix())));
    }

    /**
     * These rules, which also hold what lies below the real paths of their prefixes. Not so for the node's own disk: whoever can
     * write where such a prefix lies could lead it elsewhere, where a claim or an export stays what it is.
     *
     * @param real follows the links of a prefix
     */
    public VolumeRules alsoBelow(UnaryOperator<String> real) {
        Map<String, VolumeRule> all = new LinkedHashMap<>();
        longestFirst.forEach(rule -> all.put(rule.hostPrefix(), rule));
        for (VolumeRule rule : longestFirst) {
            if (!(rule.source() instanceof VolumeSource.HostPath)) {
                String prefix = real.apply(rule.hostPrefix());
                all.putIfAbsent(prefix, new VolumeRule(prefix, rule.source(), rule.ownership()));
            }
        }
        return all.size() == longestFirst.size() ? this : new VolumeRules(List.copyOf(all.values()));
    }

    /** All rules, the longest prefix first. */
    public List<VolumeRule> rules() {
        return longestFirst;
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
