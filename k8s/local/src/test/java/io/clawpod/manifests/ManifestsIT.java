package io.clawpod.manifests;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectRulesReviewBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.CronJobBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The manifests before the real API server that KUBECONFIG names: it must accept each object with strict field
 * validation, admit the pods, and give and refuse exactly the rights of the tables. An installation that is already in
 * the cluster is left as it is: then nothing here runs.
 */
final class ManifestsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final String AGENTS = "clawpod-agents";

    /** What RBAC gives to every account by {@code system:basic-user}: to ask about itself. */
    private static final Set<String> ABOUT_ONESELF =
            Set.of("selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews");

    private static @Nullable Applied applied;
    private static Manifests manifests = new Manifests(List.of());
    private static KubernetesClient client = new KubernetesClientBuilder().build();

    @BeforeAll
    static void applyAll() {
        manifests = Manifests.rendered();
        applied = Applied.apply(client, manifests);
        Definitions.given().forEach(applied::define);
        // The authorizer learns of new bindings by a watch. Until it has all, a refusal proves nothing.
        given().forEach(grant -> await(grant.toString()).atMost(PATIENCE).until(() -> isAllowed(grant)));
    }

    @AfterAll
    static void deleteWhatWasCreated() {
        try {
            if (applied != null) {
                applied.close();
            }
        } finally {
            client.close();
        }
    }

    @Test
    void theNamespacesAdmitThePodsOfBothDeployments() {
        // The images may be missing; that the ReplicaSet could create its pod says that admission let it pass.
        for (Deployment deployment : manifests.all(Deployment.class)) {
            await(Manifests.describe(deployment)).atMost(PATIENCE).untilAsserted(() -> {
                List<Pod> pods = client.pods()
                        .inNamespace(deployment.getMetadata().getNamespace())
                        .withLabels(deployment.getSpec().getSelector().getMatchLabels())
                        .list()
                        .getItems();
                assertEquals(1, pods.size());
                assertEquals(
                        deployment.getMetadata().getName(),
                        pods.get(0).getSpec().getServiceAccountName());
            });
        }
    }

    @Test
    void applyingAgainKeepsTheKeyThatTheSpawnerMade() {
        Secret shipped = manifests.one(Secret.class, "clawpod", "spawner-signing-key");
        // A spawner may run by now, and have made a key; it changes none that it cannot read.
        Secret made = client.resource(shipped)
                .edit(secret -> secret.edit()
                        .addToStringData("jwk", "made in the cluster")
                        .build());

        Objects.requireNonNull(applied).send(shipped, false);

        assertTrue(made.getData().containsKey("jwk"));
        assertEquals(made.getData(), client.resource(shipped).get().getData());
    }

    static Stream<Named<Pod>> restrictedCases() {
        return RestrictedStandardTest.cases();
    }

    @ParameterizedTest
    @MethodSource("restrictedCases")
    void theAdmissionPluginAgreesWithOurEvaluator(Pod example) {
        Pod pod = new PodBuilder(example)
                .editMetadata()
                .withNamespace("clawpod-agents")
                .endMetadata()
                .editSpec()
                .withServiceAccountName("agent")
                .endSpec()
                .build();
        Resource<Pod> dry = client.resource(pod);

        if (RestrictedStandardTest.breaks(example).isEmpty()) {
            dry.dryRun(true).create();
        } else {
            KubernetesClientException refused = assertThrows(
                    KubernetesClientException.class, () -> dry.dryRun(true).create());
            assertEquals(403, refused.getCode(), refused::getMessage);
            assertTrue(String.valueOf(refused.getMessage()).contains("PodSecurity"), refused::getMessage);
        }
    }

    static List<String> variants() {
        return Manifests.variants();
    }

    @ParameterizedTest
    @MethodSource("variants")
    void theApiServerAcceptsWhatEachComponentMakes(String variant) {
        List<HasMetadata> objects = Manifests.variant(variant).objects();
        objects.stream()
                .filter(object -> !Definitions.NEEDED.contains(object.getKind()) || Definitions.areGiven())
                .forEach(object -> Objects.requireNonNull(applied).send(object, true));
    }

    /** That the definitions do check: without them nothing would be refused here. */
    @Test
    void theApiServerRefusesAnOperatorsObjectThatIsNotRight() {
        assumeTrue(Definitions.areGiven(), Definitions.ABSENT);
        for (String variant : List.of("prometheus", "swarm")) {
            for (String kind : Definitions.NEEDED) {
                Manifests.variant(variant).custom(kind).forEach(object -> {
                    object.setAdditionalProperty("spec", Map.of("unknown", "field"));
                    assertThrows(
                            KubernetesClientException.class,
                            () -> Objects.requireNonNull(applied).send(object, true),
                            kind);
                });
            }
        }
    }

    @Test
    void onlyWhoIsGivenItMakesOrRelabelsAgentPods() {
        Applied cluster = Objects.requireNonNull(applied);
        // As much as a namespace's editor has on pods.
        cluster.create(new RoleBuilder()
                .withMetadata(named("editor"))
                .addNewRule()
                .withApiGroups("")
                .withResources("pods")
                .withVerbs("get", "create", "update", "patch", "delete")
                .endRule()
                .build());
        cluster.create(new RoleBindingBuilder()
                .withMetadata(named("editor"))
                .withNewRoleRef("rbac.authorization.k8s.io", "Role", "editor")
                .addNewSubject(null, "ServiceAccount", "editor", AGENTS)
                .build());
        Pod pod = new PodBuilder(restrictedCases().findFirst().orElseThrow().getPayload())
                .withMetadata(named("own"))
                .editSpec()
                .addNewSchedulingGate("clawpod.io/never")
                .endSpec()
                .build();
        try (KubernetesClient editor = as("system:serviceaccount:" + AGENTS + ":editor");
                KubernetesClient spawner = as("system:serviceaccount:clawpod:spawner")) {
            await("the binding and the policy hold")
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertRefusedByPolicy(
                            () -> editor.resource(pod).dryRun(true).create()));
            spawner.resource(pod).dryRun(true).create();
            cluster.create(pod);

            assertRefusedByPolicy(() -> editor.resource(pod)
                    .edit(live -> new PodBuilder(live)
                            .editMetadata()
                            .addToLabels("nanoclaw-group", "another")
                            .endMetadata()
                            .build()));
            assertRefusedByPolicy(() -> editor.resource(pod)
                    .edit(live -> new PodBuilder(live)
                            .editMetadata()
                            .addToAnnotations("clawpod.io/group", "another")
                            .endMetadata()
                            .build()));
            // As a network plugin would.
            editor.resource(pod)
                    .edit(live -> new PodBuilder(live)
                            .editMetadata()
                            .addToAnnotations("network.example/address", "10.1.2.3")
                            .endMetadata()
                            .build());
            spawner.resource(pod).patch(PatchContext.of(PatchType.JSON_MERGE), """
                    {"metadata": {"annotations": {"clawpod.io/revoked": "2026-01-01T00:00:00Z"}}}""");
            editor.resource(pod).delete();
        }
    }

    @Test
    void onlyWhoIsGivenItMakesJobsAndOnlyTheirControllerMakesTheirPods() {
        Applied cluster = Objects.requireNonNull(applied);
        cluster.create(new RoleBuilder()
                .withMetadata(named("job-editor"))
                .addNewRule()
                .withApiGroups("batch")
                .withResources("jobs", "cronjobs")
                .withVerbs("get", "create", "update", "patch", "delete")
                .endRule()
                .addNewRule()
                .withApiGroups("")
                .withResources("pods")
                .withVerbs("create")
                .endRule()
                .build());
        cluster.create(new RoleBindingBuilder()
                .withMetadata(named("job-editor"))
                .withNewRoleRef("rbac.authorization.k8s.io", "Role", "job-editor")
                .addNewSubject(null, "ServiceAccount", "job-editor", AGENTS)
                .build());
        Pod pod = restrictedCases().findFirst().orElseThrow().getPayload();
        Job job = new JobBuilder()
                .withMetadata(named("own-job"))
                .withNewSpec()
                .withNewTemplate()
                .withNewMetadata()
                .endMetadata()
                .withSpec(new PodBuilder(pod)
                        .editSpec()
                        .withRestartPolicy("Never")
                        .addNewSchedulingGate("clawpod.io/never")
                        .endSpec()
                        .build()
                        .getSpec())
                .endTemplate()
                .endSpec()
                .build();
        try (KubernetesClient editor = as("system:serviceaccount:" + AGENTS + ":job-editor");
                KubernetesClient spawner = as("system:serviceaccount:clawpod:spawner")) {
            await("the binding and the policy hold")
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertRefusedByPolicy(
                            () -> editor.resource(job).dryRun(true).create()));
            cluster.create(job);
            await("the controller makes the Job's pod")
                    .atMost(PATIENCE)
                    .until(() -> podsOf("own-job").size() == 1);

            assertRefusedByPolicy(() -> editor.resource(job).patch(PatchContext.of(PatchType.JSON_MERGE), """
                    {"spec": {"parallelism": 2}}"""));
            assertRefusedByPolicy(() -> editor.resource(job).patch(PatchContext.of(PatchType.JSON_MERGE), """
                    {"metadata": {"annotations": {"clawpod.io/revoked": "2026-01-01T00:00:00Z"}}}"""));
            spawner.resource(job).patch(PatchContext.of(PatchType.JSON_MERGE), """
                    {"metadata": {"annotations": {"clawpod.io/revoked": "2026-01-01T00:00:00Z"}}}""");

            // A CronJob can be made, and its controller can make no Job of it.
            CronJob cron = new CronJobBuilder()
                    .withMetadata(named("own-cron"))
                    .withNewSpec()
                    .withSchedule("* * * * *")
                    .withNewJobTemplate()
                    .withSpec(job.getSpec())
                    .endJobTemplate()
                    .endSpec()
                    .build();
            editor.resource(cron).dryRun(true).create();
            try (KubernetesClient controller = as("system:serviceaccount:kube-system:cronjob-controller")) {
                Job ofCron = new JobBuilder(job)
                        .withMetadata(owned(named("own-cron-1"), "CronJob"))
                        .build();
                assertRefusedByPolicy(
                        () -> controller.resource(ofCron).dryRun(true).create());
            }
            // Neither who names a Job as its pod's owner, nor another controller, nor the Job controller for something
            // else.
            Pod ofJob = new PodBuilder(pod)
                    .withMetadata(owned(named("own-pod"), "Job"))
                    .build();
            assertRefusedByPolicy(() -> editor.resource(ofJob).dryRun(true).create());
            try (KubernetesClient controller = as("system:serviceaccount:kube-system:replicaset-controller")) {
                assertRefusedByPolicy(
                        () -> controller.resource(ofJob).dryRun(true).create());
            }
            try (KubernetesClient controller = as("system:serviceaccount:kube-system:job-controller")) {
                controller.resource(ofJob).dryRun(true).create();
                assertRefusedByPolicy(() -> controller
                        .resource(new PodBuilder(pod)
                                .withMetadata(named("own-pod"))
                                .build())
                        .dryRun(true)
                        .create());
            }

            // The garbage collector takes it all away, as it always may.
            client.resource(job)
                    .withPropagationPolicy(DeletionPropagation.FOREGROUND)
                    .delete();
            await("the Job goes with its pod")
                    .atMost(PATIENCE)
                    .until(() -> client.resource(job).get() == null
                            && podsOf("own-job").isEmpty());
        }
    }

    private static List<Pod> podsOf(String job) {
        return client.pods()
                .inNamespace(AGENTS)
                .withLabel("batch.kubernetes.io/job-name", job)
                .list()
                .getItems();
    }

    private static ObjectMeta owned(ObjectMeta metadata, String kind) {
        return new ObjectMetaBuilder(metadata)
                .addNewOwnerReference()
                .withApiVersion("batch/v1")
                .withKind(kind)
                .withName("own")
                .withUid("0c0b86ba-17d4-40d2-b2fa-e8a8be173a16")
                .withController(true)
                .endOwnerReference()
                .build();
    }

    private static ObjectMeta named(String name) {
        return new ObjectMetaBuilder().withNamespace(AGENTS).withName(name).build();
    }

    private static KubernetesClient as(String user) {
        return new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(client.getConfiguration())
                        .withImpersonateUsername(user)
                        .build())
                .build();
    }

    private static void assertRefusedByPolicy(Executable call) {
        KubernetesClientException refused = assertThrows(KubernetesClientException.class, call);
        assertEquals(403, refused.getCode(), refused::getMessage);
        assertTrue(String.valueOf(refused.getMessage()).contains("agentpods.clawpod.io"), refused::getMessage);
    }

    static Set<Grant> given() {
        return Grant.in(Manifests.table("grants.txt"));
    }

    static Set<Grant> refused() {
        return Grant.in(Manifests.table("refused-grants.txt"));
    }

    @ParameterizedTest
    @MethodSource("given")
    void aRightOfTheTableIsGiven(Grant grant) {
        assertTrue(isAllowed(grant), grant::toString);
    }

    @ParameterizedTest
    @MethodSource("refused")
    void aRightOutsideTheTableIsRefused(Grant grant) {
        assertEquals(false, isAllowed(grant), grant::toString);
    }

    @Test
    void anAgentPodGetsNoTokenMounted() {
        Pod pod = client.resource(new PodBuilder(
                                (Pod) Manifests.resource("restricted.yaml").get(0))
                        .editMetadata()
                        .withNamespace("clawpod-agents")
                        .endMetadata()
                        .editSpec()
                        .withServiceAccountName("agent")
                        .endSpec()
                        .build())
                .dryRun(true)
                .create();

        assertEquals(List.of(), pod.getSpec().getVolumes());
        assertEquals(List.of(), pod.getSpec().getContainers().get(0).getVolumeMounts());
    }

    @Test
    void aTokenOfTheAgentsAccountMayOnlyAskAboutItself() {
        String token = client.serviceAccounts()
                .inNamespace("clawpod-agents")
                .withName("agent")
                .tokenRequest(new TokenRequestBuilder().withNewSpec().endSpec().build())
                .getStatus()
                .getToken();
        try (KubernetesClient agent = new KubernetesClientBuilder()
                // From an empty one: else the administrator's certificate of KUBECONFIG would speak for the agent.
                .withConfig(new ConfigBuilder(Config.empty())
                        .withMasterUrl(client.getMasterUrl().toString())
                        .withCaCertFile(client.getConfiguration().getCaCertFile())
                        .withCaCertData(client.getConfiguration().getCaCertData())
                        .withOauthToken(token)
                        .build())
                .build()) {
            Set<String> resources = agent
                    .authorization()
                    .v1()
                    .selfSubjectRulesReview()
                    .create(new SelfSubjectRulesReviewBuilder()
                            .withNewSpec()
                            .withNamespace("clawpod-agents")
                            .endSpec()
                            .build())
                    .getStatus()
                    .getResourceRules()
                    .stream()
                    .flatMap(rule -> rule.getResources().stream())
                    .collect(Collectors.toCollection(HashSet::new));
            resources.removeAll(ABOUT_ONESELF);
            assertEquals(Set.of(), resources);

            KubernetesClientException listing = assertThrows(
                    KubernetesClientException.class,
                    () -> agent.secrets().inNamespace("clawpod-agents").list());
            assertEquals(403, listing.getCode());
        }
    }

    private static boolean isAllowed(Grant grant) {
        String[] account = grant.account().split("/", -1);
        String[] resource = grant.resource().split("/", -1);
        return client.authorization()
                .v1()
                .subjectAccessReview()
                .create(new SubjectAccessReviewBuilder()
                        .withNewSpec()
                        .withUser("system:serviceaccount:" + account[0] + ":" + account[1])
                        .withGroups(
                                "system:serviceaccounts",
                                "system:serviceaccounts:" + account[0],
                                "system:authenticated")
                        .withNewResourceAttributes()
                        .withNamespace(grant.scope().equals("cluster") ? null : grant.scope())
                        .withGroup(grant.group().equals("core") ? "" : grant.group())
                        .withResource(resource[0])
                        .withSubresource(resource.length > 1 ? resource[1] : null)
                        .withName(grant.object().equals("any") ? null : grant.object())
                        .withVerb(grant.verb())
                        .endResourceAttributes()
                        .endSpec()
                        .build())
                .getStatus()
                .getAllowed();
    }
}
