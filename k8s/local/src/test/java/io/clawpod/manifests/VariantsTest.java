package io.clawpod.manifests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What must hold of the manifests whichever component is added to them, and what each component is for. */
final class VariantsTest {
    /** It says itself what it takes away. */
    private static final String UNRESTRICTED = "host-network";

    /** Their agents' folders are given to them by root. */
    private static final Set<String> GIVING = Set.of("chown", "swarm");

    private static final Pattern METER = Pattern.compile("\\bclawpod_[a-z_]+");

    static List<String> variants() {
        return Manifests.variants();
    }

    @ParameterizedTest
    @MethodSource("variants")
    void everythingIsAdmittedAtTheRestrictedLevelButWhereAComponentSaysOtherwise(String variant) {
        Manifests manifests = Manifests.variant(variant);
        String ofServices = variant.equals(UNRESTRICTED) ? "privileged" : "restricted";
        Map<String, String> levels =
                Map.of("clawpod", ofServices, "clawpod-agents", GIVING.contains(variant) ? "baseline" : ofServices);
        List<String> broken = variant.equals(UNRESTRICTED) ? List.of("host-namespaces: pod") : List.of();

        manifests
                .all(Namespace.class)
                .forEach(namespace -> assertEquals(
                        levels.get(namespace.getMetadata().getName()),
                        namespace.getMetadata().getLabels().get("pod-security.kubernetes.io/enforce")));
        manifests
                .all(Deployment.class)
                .forEach(deployment -> assertEquals(
                        broken,
                        RestrictedStandard.violations(
                                deployment.getSpec().getTemplate().getSpec())));
    }

    @ParameterizedTest
    @MethodSource("variants")
    void noComponentGivesARight(String variant) {
        assertEquals(Grant.in(Manifests.table("grants.txt")), Grant.in(Manifests.variant(variant)));
    }

    @ParameterizedTest
    @MethodSource("variants")
    void everyObjectIsOursOnceAndInOneOfOurNamespaces(String variant) {
        Manifests manifests = Manifests.variant(variant);
        Set<String> seen = new HashSet<>();
        for (HasMetadata object : manifests.objects()) {
            String name = Manifests.describe(object);
            assertTrue(seen.add(name), name);
            assertEquals("clawpod", object.getMetadata().getLabels().get("app.kubernetes.io/part-of"), name);
            assertEquals("kustomize", object.getMetadata().getLabels().get("app.kubernetes.io/managed-by"), name);
            String namespace = object.getMetadata().getNamespace();
            assertEquals(ManifestsTest.CLUSTER_SCOPED.contains(object.getKind()), namespace == null, name);
            assertTrue(namespace == null || Set.of("clawpod", "clawpod-agents").contains(namespace), name);
        }
    }

    @ParameterizedTest
    @MethodSource("variants")
    void whatAComponentSetsIsInTheTable(String variant) {
        Set<String> set = new TreeSet<>();
        for (Deployment deployment : Manifests.variant(variant).all(Deployment.class)) {
            Container container =
                    deployment.getSpec().getTemplate().getSpec().getContainers().get(0);
            container.getEnv().stream()
                    .filter(variable -> variable.getName().startsWith("CLAWPOD_"))
                    .forEach(variable ->
                            set.add(container.getName() + " | " + variable.getName() + " | " + variable.getValue()));
        }

        assertEquals(
                Manifests.table("component-settings.txt").stream()
                        .filter(row -> row.get(0).equals(variant))
                        .map(row -> String.join(" | ", row.subList(1, row.size())))
                        .collect(Collectors.toCollection(TreeSet::new)),
                set);
    }

    @Test
    void aDrainTakesOneOfTwoReplicasAndNoneOfTheOther() {
        Manifests manifests = Manifests.with("two-replicas");
        for (Deployment deployment : manifests.all(Deployment.class)) {
            String name = deployment.getMetadata().getName();
            PodDisruptionBudget budget = manifests.one(PodDisruptionBudget.class, "clawpod", name);
            assertEquals(2, deployment.getSpec().getReplicas(), name);
            assertEquals(1, budget.getSpec().getMaxUnavailable().getIntVal(), name);
            assertEquals(deployment.getSpec().getSelector(), budget.getSpec().getSelector(), name);
        }
    }

    @Test
    void alertsAskForMetersThatAreDocumented() {
        Set<String> documented = METER.matcher(Manifests.document("credential-proxy/docs/configuration.md")
                        + Manifests.document("spawner/docs/api.md")
                        + Manifests.document("spawner/docs/archive.md"))
                .results()
                .map(match -> match.group())
                .collect(Collectors.toSet());
        Set<String> jobs = new HashSet<>();
        Manifests manifests = Manifests.with("prometheus");
        GenericKubernetesResource rule = manifests.custom("PrometheusRule").get(0);
        List<Map<String, Object>> rules =
                rule.<List<Map<String, List<Map<String, Object>>>>>get("spec", "groups").stream()
                        .flatMap(group -> Manifests.at(group, "rules").stream())
                        .toList();
        assertEquals(16, rules.size());
        for (Map<String, Object> alert : rules) {
            String expression = String.valueOf(alert.get("expr"));
            Pattern.compile("job=\"([a-z-]+)\"")
                    .matcher(expression)
                    .results()
                    .forEach(match -> jobs.add(match.group(1)));
            METER.matcher(expression)
                    .results()
                    .map(match -> match.group().replaceFirst("_(bucket|count|sum)$", ""))
                    .forEach(meter -> assertTrue(documented.contains(meter), meter + " in " + expression));
        }
        assertEquals(
                jobs,
                manifests.custom("ServiceMonitor").stream()
                        .map(monitor -> monitor.getMetadata().getName())
                        .collect(Collectors.toSet()));
    }

    @Test
    void eachServiceMonitorFindsOneServiceAndItsPort() {
        Manifests manifests = Manifests.with("prometheus");
        for (GenericKubernetesResource monitor : manifests.custom("ServiceMonitor")) {
            Map<String, String> wanted = monitor.get("spec", "selector", "matchLabels");
            List<Service> found = manifests.all(Service.class).stream()
                    .filter(service ->
                            service.getMetadata().getLabels().entrySet().containsAll(wanted.entrySet()))
                    .toList();
            assertEquals(1, found.size(), Manifests.describe(monitor));
            Service service = found.get(0);
            List<Map<String, String>> endpoints = monitor.get("spec", "endpoints");
            assertEquals(
                    List.of(service.getSpec().getPorts().get(0).getName()),
                    endpoints.stream().map(endpoint -> endpoint.get("port")).toList());
            assertEquals(
                    monitor.getMetadata().getName(),
                    service.getMetadata().getLabels().get("app.kubernetes.io/name"),
                    "the job of the rules");
        }
    }
}
