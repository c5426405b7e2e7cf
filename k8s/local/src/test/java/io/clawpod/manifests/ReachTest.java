package io.clawpod.manifests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.Labels;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The rendered NetworkPolicies by their meaning. No cluster takes part: the one for tests stores policies unenforced. */
final class ReachTest {
    private static final String AGENT = "clawpod-agents/agent";

    private static final Map<String, Reach.PodEnd> PODS = new HashMap<>();
    private static Reach reach = new Reach(List.of(), Map.of());

    @BeforeAll
    static void render() {
        Manifests manifests = Manifests.rendered();
        List<HasMetadata> around = Manifests.resource("reach-pods.yaml");
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
        around.stream()
                .filter(Pod.class::isInstance)
                .forEach(pod -> PODS.put(key(pod), end(pod, pod.getMetadata().getLabels())));
        manifests
                .all(Deployment.class)
                .forEach(deployment -> PODS.put(
                        key(deployment),
                        end(
                                deployment,
                                deployment.getSpec().getTemplate().getMetadata().getLabels())));
        PODS.put(
                AGENT,
                new Reach.PodEnd(
                        "clawpod-agents",
                        Map.of(
                                Labels.MANAGED_BY, Labels.MANAGED_BY_SPAWNER,
                                Labels.COMPONENT, Labels.COMPONENT_AGENT,
                                Labels.INSTALL, "3f2a9c1e")));
        reach = new Reach(manifests.all(NetworkPolicy.class), namespaces);
    }

    static List<List<String>> table() {
        return Manifests.table("reach.txt");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("table")
    void aConnectionOpensOnlyWhereTheTableSaysSo(List<String> row) {
        String[] port = row.get(2).split("/", -1);

        assertEquals(
                row.get(3).equals("yes"),
                reach.allows(end(row.get(0)), end(row.get(1)), Integer.parseInt(port[0]), port[1]),
                row::toString);
    }

    @Test
    void withoutThePoliciesEveryRefusedConnectionWouldOpen() {
        // Shows that it is the policies that refuse, and not an evaluator that refuses all.
        Reach open = new Reach(List.of(), reach.namespaceLabels());
        table().forEach(row -> assertTrue(open.allows(end(row.get(0)), end(row.get(1)), 1, "TCP"), row::toString));
    }

    private static Reach.End end(String name) {
        Reach.PodEnd pod = PODS.get(name);
        if (pod == null && name.contains("/")) {
            throw new AssertionError("no such pod: " + name);
        }
        return pod != null ? pod : new Reach.AddressEnd(name);
    }

    private static String key(HasMetadata object) {
        return object.getMetadata().getNamespace() + "/" + object.getMetadata().getName();
    }

    private static Reach.PodEnd end(HasMetadata object, Map<String, String> labels) {
        return new Reach.PodEnd(object.getMetadata().getNamespace(), labels);
    }
}
