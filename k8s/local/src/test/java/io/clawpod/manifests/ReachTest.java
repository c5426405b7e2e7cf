package io.clawpod.manifests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.Labels;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The rendered network policies by their meaning: they are evaluated here and enforced nowhere. No cluster takes part, for
 * the one for tests stores policies and lets everything through.
 */
final class ReachTest {
    private final List<HasMetadata> around = Manifests.resource("reach-pods.yaml");

    static List<String> variants() {
        return Manifests.variants();
    }

    /** The rows of what ships, and those of the variant, which take the place of a row with the same ends and port. */
    private static Map<List<String>, Boolean> table(String variant) {
        Map<List<String>, Boolean> table = new LinkedHashMap<>();
        List<List<String>> rows = new ArrayList<>(Manifests.table("reach/shipped.txt"));
        if (!variant.equals("shipped")) {
            rows.addAll(Manifests.table("reach/" + variant + ".txt"));
        }
        rows.forEach(row -> table.put(row.subList(0, 3), row.get(3).equals("yes")));
        return table;
    }

    @ParameterizedTest(name = "{0}, evaluated and not enforced")
    @MethodSource("variants")
    void connectionsOpenExactlyWhereTheTableSaysSo(String variant) {
        Manifests manifests = Manifests.variant(variant);
        Map<String, Reach.End> ends = ends(manifests);
        Reach reach = reach(manifests);
        Map<List<String>, Boolean> evaluated = new LinkedHashMap<>();
        table(variant).keySet().forEach(row -> {
            String[] port = row.get(2).split("/", -1);
            evaluated.put(
                    row,
                    reach.allows(end(ends, row.get(0)), end(ends, row.get(1)), Integer.parseInt(port[0]), port[1]));
        });

        assertEquals(lines(table(variant)), lines(evaluated));
    }

    @Test
    void withoutThePoliciesEveryRefusedConnectionWouldOpen() {
        // Shows that it is the policies that refuse, and not an evaluator that refuses all.
        Manifests manifests = Manifests.rendered();
        Map<String, Reach.End> ends = ends(manifests);
        Reach open = new Reach(List.of(), List.of(), reach(manifests).namespaceLabels());
        table("shipped")
                .keySet()
                .forEach(row ->
                        assertTrue(open.allows(end(ends, row.get(0)), end(ends, row.get(1)), 1, "TCP"), row::toString));
    }

    private static String lines(Map<List<String>, Boolean> table) {
        StringBuilder lines = new StringBuilder();
        table.forEach((row, open) -> lines.append(String.join(" | ", row)).append(open ? " | yes\n" : " | no\n"));
        return lines.toString();
    }

    private Reach reach(Manifests manifests) {
        Map<String, Map<String, String>> namespaces = new HashMap<>();
        Stream.concat(manifests.objects().stream(), around.stream())
                .filter(Namespace.class::isInstance)
                .forEach(namespace -> {
                    Map<String, String> labels =
                            new HashMap<>(namespace.getMetadata().getLabels());
                    // The API server sets it on every namespace.
                    labels.put(
                            "kubernetes.io/metadata.name",
                            namespace.getMetadata().getName());
                    namespaces.put(namespace.getMetadata().getName(), labels);
                });
        return new Reach(manifests.all(NetworkPolicy.class), manifests.custom("CiliumNetworkPolicy"), namespaces);
    }

    private Map<String, Reach.End> ends(Manifests manifests) {
        Map<String, Reach.End> ends = new HashMap<>();
        around.stream()
                .filter(Pod.class::isInstance)
                .map(Pod.class::cast)
                .forEach(pod -> ends.put(key(pod), end(pod, pod.getMetadata().getLabels(), pod.getSpec())));
        manifests.all(Deployment.class).forEach(deployment -> {
            var template = deployment.getSpec().getTemplate();
            ends.put(key(deployment), end(deployment, template.getMetadata().getLabels(), template.getSpec()));
        });
        ends.put(
                "clawpod-agents/agent",
                agentsShareTheirNodesNetwork(manifests)
                        ? new Reach.NodeEnd()
                        : new Reach.PodEnd(
                                "clawpod-agents",
                                Map.of(
                                        Labels.MANAGED_BY, Labels.MANAGED_BY_SPAWNER,
                                        Labels.COMPONENT, Labels.COMPONENT_AGENT,
                                        Labels.INSTALL, "3f2a9c1e")));
        ends.put("node", new Reach.NodeEnd());
        return ends;
    }

    private static boolean agentsShareTheirNodesNetwork(Manifests manifests) {
        return manifests.template("clawpod", "spawner").getSpec().getContainers().get(0).getEnv().stream()
                .filter(variable -> variable.getName().equals("CLAWPOD_POD_HOST_NETWORK"))
                .map(EnvVar::getValue)
                .anyMatch("true"::equals);
    }

    private static Reach.End end(Map<String, Reach.End> ends, String name) {
        Reach.End pod = ends.get(name);
        if (pod == null && name.contains("/")) {
            throw new AssertionError("no such pod: " + name);
        }
        return pod != null ? pod : new Reach.AddressEnd(name);
    }

    private static String key(HasMetadata object) {
        return object.getMetadata().getNamespace() + "/" + object.getMetadata().getName();
    }

    private static Reach.End end(HasMetadata object, Map<String, String> labels, PodSpec spec) {
        return spec != null && Boolean.TRUE.equals(spec.getHostNetwork())
                ? new Reach.NodeEnd()
                : new Reach.PodEnd(object.getMetadata().getNamespace(), labels);
    }
}
