package io.clawpod.manifests;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.Labels;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class ManifestsTest {
    static final Set<String> CLUSTER_SCOPED = Set.of(
            "Namespace",
            "ClusterRole",
            "ClusterRoleBinding",
            "PriorityClass",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "RuntimeClass",
            "PersistentVolume");
    private static final Quantity MEMORY_BOUND = new Quantity("256Mi");

    private static Manifests manifests = new Manifests(List.of());

    @BeforeAll
    static void render() {
        manifests = Manifests.rendered();
    }

    @Test
    void bothNamespacesEnforceTheRestrictedLevel() {
        assertEquals(
                Set.of("clawpod", "clawpod-agents"),
                manifests.all(Namespace.class).stream()
                        .map(namespace -> namespace.getMetadata().getName())
                        .collect(Collectors.toSet()));
        manifests
                .all(Namespace.class)
                .forEach(namespace -> Stream.of("enforce", "warn", "audit")
                        .forEach(mode -> assertEquals(
                                "restricted",
                                namespace.getMetadata().getLabels().get("pod-security.kubernetes.io/" + mode),
                                mode)));
    }

    @Test
    void everyNamespacedObjectNamesOneOfOurNamespaces() {
        for (HasMetadata object : manifests.objects()) {
            String namespace = object.getMetadata().getNamespace();
            if (CLUSTER_SCOPED.contains(object.getKind())) {
                assertNull(namespace, Manifests.describe(object));
            } else {
                manifests.one(
                        Namespace.class,
                        null,
                        Objects.requireNonNull(namespace, () -> Manifests.describe(object) + " has no namespace"));
            }
        }
    }

    @Test
    void noTwoObjectsShareAName() {
        Set<String> seen = new HashSet<>();
        manifests.objects().forEach(object -> assertTrue(seen.add(Manifests.describe(object)), object::toString));
    }

    @Test
    void everyObjectSaysWhatItBelongsTo() {
        for (HasMetadata object : manifests.objects()) {
            Map<String, String> labels = object.getMetadata().getLabels();
            assertEquals("clawpod", labels.get("app.kubernetes.io/part-of"), Manifests.describe(object));
            assertNotNull(labels.get(Labels.MANAGED_BY), Manifests.describe(object));
        }
    }

    @Test
    void nothingShippedLooksMadeByTheSpawner() {
        // The spawner lists, and may delete, what carries its mark.
        Stream.concat(
                        manifests.objects().stream().map(HasMetadata::getMetadata),
                        templates().map(PodTemplateSpec::getMetadata))
                .forEach(metadata -> assertFalse(
                        Labels.MANAGED_BY_SPAWNER.equals(metadata.getLabels().get(Labels.MANAGED_BY)),
                        metadata::getName));
    }

    @Test
    void theNamespacesAdmitTheDeploymentsPods() {
        templates().forEach(template -> assertEquals(List.of(), RestrictedStandard.violations(template.getSpec())));
    }

    @Test
    void containersRunReadOnlyAsANumberedUserAndWriteOnlyToTmp() {
        pods().forEach(pod -> {
            assertTrue(pod.getSecurityContext().getRunAsUser() >= 1000, "kubelet can check only a numeric user");
            pod.getContainers()
                    .forEach(container -> assertTrue(
                            container.getSecurityContext().getReadOnlyRootFilesystem(), container.getName()));
            pod.getVolumes().stream()
                    .filter(volume -> volume.getEmptyDir() != null)
                    .forEach(volume -> assertNotNull(volume.getEmptyDir().getSizeLimit(), volume.getName()));
        });
    }

    @Test
    void memoryStaysWithinTheProjectsBoundAndIsReservedInFull() {
        containers().forEach(container -> {
            Map<String, Quantity> limits = container.getResources().getLimits();
            Map<String, Quantity> requests = container.getResources().getRequests();
            assertTrue(
                    Manifests.at(limits, "memory").getNumericalAmount().compareTo(MEMORY_BOUND.getNumericalAmount())
                            <= 0,
                    container.getName());
            assertEquals(limits.get("memory"), requests.get("memory"), container.getName());
            assertNotNull(limits.get("cpu"), "it bounds the JVM's thread pools");
            assertNotNull(requests.get("cpu"), container.getName());
        });
    }

    @Test
    void selectorsMatchTheirOwnPodsAndNoOthers() {
        List<Deployment> deployments = manifests.all(Deployment.class);
        for (Deployment deployment : deployments) {
            Map<String, String> wanted = deployment.getSpec().getSelector().getMatchLabels();
            assertEquals(
                    List.of(deployment.getMetadata().getName()),
                    deployments.stream()
                            .filter(other -> covers(wanted, other.getSpec().getTemplate()))
                            .map(other -> other.getMetadata().getName())
                            .toList());
        }
    }

    @Test
    void eachServiceLeadsToAPortOfItsOwnPods() {
        assertEquals(
                Map.of(
                        "spawner",
                        List.of(8080, 2375),
                        "credential-proxy",
                        List.of(3001),
                        "credential-proxy-replicas",
                        List.of(9000)),
                servicePorts());
        for (Service service : manifests.all(Service.class)) {
            List<PodTemplateSpec> selected = templates()
                    .filter(template -> covers(service.getSpec().getSelector(), template))
                    .toList();
            assertEquals(1, selected.size(), Manifests.describe(service));
            for (ServicePort port : service.getSpec().getPorts()) {
                ContainerPort target =
                        port(selected.get(0).getSpec(), port.getTargetPort().getStrVal());
                assertEquals(port.getPort(), target.getContainerPort(), Manifests.describe(service));
            }
        }
    }

    @Test
    void theManagementPortIsInNoServiceButThatOfTheReplicas() {
        assertEquals(
                9000,
                port(manifests.template("clawpod", "credential-proxy").getSpec(), "management")
                        .getContainerPort());
        assertEquals(
                List.of("credential-proxy-replicas"),
                servicePorts().entrySet().stream()
                        .filter(service -> service.getValue().contains(9000))
                        .map(Map.Entry::getKey)
                        .toList());
    }

    @Test
    void probesAskTheHealthEndpointsOfAPortThatExists() {
        pods().forEach(pod -> pod.getContainers().forEach(container -> {
            assertAll(
                    () -> assertEquals("/q/health/live", path(container.getStartupProbe())),
                    () -> assertEquals("/q/health/live", path(container.getLivenessProbe())),
                    () -> assertEquals("/q/health/ready", path(container.getReadinessProbe())));
            Stream.of(container.getStartupProbe(), container.getLivenessProbe(), container.getReadinessProbe())
                    .map(Probe::getHttpGet)
                    .map(HTTPGetAction::getPort)
                    .forEach(port -> assertNotNull(port(pod, port.getStrVal())));
        }));
    }

    @Test
    void onlyTheTwoServicesGetATokenOfTheApiServer() {
        manifests
                .all(ServiceAccount.class)
                .forEach(account -> assertEquals(false, account.getAutomountServiceAccountToken(), account::toString));
        for (Deployment deployment : manifests.all(Deployment.class)) {
            PodSpec pod = deployment.getSpec().getTemplate().getSpec();
            assertEquals(true, pod.getAutomountServiceAccountToken());
            manifests.one(ServiceAccount.class, deployment.getMetadata().getNamespace(), pod.getServiceAccountName());
        }
        manifests.one(ServiceAccount.class, "clawpod-agents", "agent");
    }

    @Test
    void noSecretShipsAValue() {
        assertEquals(
                List.of("spawner-signing-key"),
                manifests.all(Secret.class).stream()
                        .map(secret -> secret.getMetadata().getName())
                        .toList());
        manifests.all(Secret.class).forEach(secret -> {
            // Not even an empty data field: applying again would then take away the key that the spawner made.
            assertTrue(secret.getData() == null || secret.getData().isEmpty(), Manifests.describe(secret));
            assertTrue(secret.getStringData() == null || secret.getStringData().isEmpty(), Manifests.describe(secret));
        });
    }

    @Test
    void mountedSecretsMayBeMissingAndOnlyTheGroupReadsThem() {
        Map<String, List<String>> mounted = manifests.all(Deployment.class).stream()
                .collect(Collectors.toMap(
                        deployment -> deployment.getMetadata().getName(),
                        deployment -> deployment.getSpec().getTemplate().getSpec().getVolumes().stream()
                                .filter(volume -> volume.getSecret() != null)
                                .map(volume -> volume.getSecret().getSecretName())
                                .toList()));
        assertEquals(
                Map.of(
                        "spawner",
                        List.of("spawner-callers"),
                        "credential-proxy",
                        List.of(
                                "anthropic-credential",
                                "openai-credential",
                                "github-credential",
                                "generic-credential")),
                mounted);
        pods().flatMap(pod -> pod.getVolumes().stream())
                .map(Volume::getSecret)
                .filter(Objects::nonNull)
                .forEach(secret -> {
                    assertEquals(true, secret.getOptional(), secret.getSecretName());
                    assertEquals(0440, secret.getDefaultMode(), secret.getSecretName());
                });
    }

    @Test
    void noCredentialTravelsByEnvironment() {
        containers().forEach(container -> {
            assertEquals(List.of(), container.getEnvFrom());
            assertEquals(
                    Set.of("QUARKUS_CONFIG_LOCATIONS", "JAVA_TOOL_OPTIONS", "MALLOC_ARENA_MAX"),
                    container.getEnv().stream().map(EnvVar::getName).collect(Collectors.toSet()));
            container.getEnv().forEach(variable -> assertNull(variable.getValueFrom(), variable.getName()));
        });
    }

    @Test
    void imagesAreNamedByTheKustomizationAndPulledOnlyWhenMissing() {
        assertEquals(
                Set.of("clawpod/spawner:latest", "clawpod/credential-proxy:latest"),
                containers().map(Container::getImage).collect(Collectors.toSet()));
        containers().forEach(container -> assertEquals("IfNotPresent", container.getImagePullPolicy()));
    }

    private static Stream<PodTemplateSpec> templates() {
        return manifests.all(Deployment.class).stream()
                .map(deployment -> deployment.getSpec().getTemplate());
    }

    private static Stream<PodSpec> pods() {
        return templates().map(PodTemplateSpec::getSpec);
    }

    private static Stream<Container> containers() {
        return pods().flatMap(pod -> pod.getContainers().stream());
    }

    private static Map<String, List<Integer>> servicePorts() {
        return manifests.all(Service.class).stream()
                .collect(Collectors.toMap(
                        service -> service.getMetadata().getName(),
                        service -> service.getSpec().getPorts().stream()
                                .map(ServicePort::getPort)
                                .toList()));
    }

    private static ContainerPort port(PodSpec pod, String name) {
        return pod.getContainers().stream()
                .flatMap(container -> container.getPorts().stream())
                .filter(port -> port.getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no port named " + name));
    }

    private static String path(Probe probe) {
        return probe.getHttpGet().getPath();
    }

    private static boolean covers(Map<String, String> wanted, PodTemplateSpec template) {
        return template.getMetadata().getLabels().entrySet().containsAll(wanted.entrySet());
    }
}
