package io.clawpod.spawner.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.fasterxml.jackson.databind.JsonNode;
import io.clawpod.common.Labels;
import io.clawpod.common.SecretText;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.api.SpecForm;
import io.clawpod.spawner.session.FileContent;
import io.clawpod.spawner.session.Mount;
import io.clawpod.spawner.session.Restart;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.testing.CaseFiles;
import io.clawpod.spawner.testing.PlanSettings;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What specs of Jobs become. Where one becomes something else, that lies in {@code target/jobs} for comparison. */
final class JobPlanTest {
    private static final ClusterFacts FACTS = new ClusterFacts("10.96.0.31");

    private static Job planned(JsonNode in) {
        SessionKey key =
                SessionKey.of(in.path("install").asText(), in.path("key").asText());
        Plan plan = plan(key, SpecForm.read(in.path("spec")), PlanSettings.with(in.path("settings")));
        Job job = assertInstanceOf(Plan.Planned.class, plan, plan::toString).job();
        assertNotNull(job);
        return job;
    }

    private static Plan plan(SessionKey key, SessionSpec spec, Settings settings) {
        MountReview review = MountReview.asAsked(spec, settings.volumes());
        return new Planner().plan(key, spec, review, "agent-token", FACTS, settings);
    }

    private static Job minimal() {
        return planned(CaseFiles.tree("jobs/minimal/in.yaml"));
    }

    @TestFactory
    Stream<DynamicTest> aSpecBecomesExactlyItsJob() {
        return CaseFiles.folders("jobs").stream()
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    String file = "jobs/" + name + "/out.yaml";
                    JsonNode actual = CaseFiles.YAML.readTree(
                            Serialization.asYaml(planned(CaseFiles.tree("jobs/" + name + "/in.yaml"))));
                    JsonNode expected = CaseFiles.tree(file);
                    if (!actual.equals(expected)) {
                        String left = "compare with " + CaseFiles.leave(file, actual);
                        assertEquals(expected.toPrettyString(), actual.toPrettyString(), left);
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> itsPodsMeetTheRestrictedStandardAndWaitForTheirTokens() {
        return CaseFiles.folders("jobs").stream()
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    Pod pod = podOf(planned(CaseFiles.tree("jobs/" + name + "/in.yaml")), "uid");
                    assertEquals(List.of(), RestrictedStandard.violations(pod.getSpec()));
                    assertEquals(true, TokenSecret.isAwaitedBy(pod));
                    assertEquals("agent-token", TokenSecret.expectedBy(pod).orElseThrow());
                }));
    }

    @Test
    void aSessionThatIsNoJobHasNone() {
        for (Restart restart : List.of(Restart.NEVER, Restart.ON_FAILURE)) {
            SessionSpec spec = SessionSpec.builder("agent:1").restart(restart).build();
            Plan plan = plan(SessionKey.of("i", "k"), spec, PlanSettings.DEFAULTS);
            assertNull(assertInstanceOf(Plan.Planned.class, plan).job());
        }
    }

    @Test
    void filesThatALaterPodCouldNotBeGivenAreRefused() {
        SessionSpec spec = SessionSpec.builder("agent:1")
                .restart(Restart.JOB)
                .mount(new Mount("/tmp/ca.pem", "/ca.pem", true, FileContent.of(new byte[] {1})))
                .build();
        Plan plan = plan(SessionKey.of("i", "k"), spec, PlanSettings.DEFAULTS);
        assertEquals(
                "restart", assertInstanceOf(Plan.Refused.class, plan).fault().field());
    }

    @Test
    void whatIsToBeGoneOnceItHasEndedSaysSoInTheJobAndInItsPods() {
        Job job = JobPlan.autoRemove(minimal());
        for (ObjectMeta metadata :
                List.of(job.getMetadata(), job.getSpec().getTemplate().getMetadata())) {
            assertEquals("true", metadata.getAnnotations().get(Labels.ANNOTATION_AUTO_REMOVE));
        }
        assertEquals(
                minimal().getSpec().getTemplate().getSpec(),
                job.getSpec().getTemplate().getSpec());
    }

    @Test
    void theSecretOfItsPodsIsTheJobsAndCanBeWrittenAnew() {
        Pod pod = podOf(minimal(), "job-uid");
        Secret secret = TokenSecret.of(pod, "agent-token", SecretText.of("t"), Map.of());
        OwnerReference owner = secret.getMetadata().getOwnerReferences().get(0);
        assertEquals(1, secret.getMetadata().getOwnerReferences().size());
        assertEquals("Job", owner.getKind());
        assertEquals("batch/v1", owner.getApiVersion());
        assertEquals("job-uid", owner.getUid());
        assertNull(secret.getImmutable());
    }

    @Test
    void onlyTheControllerThatIsAJobOwnsAPodAsOne() {
        Pod pod = podOf(minimal(), "uid");
        assertEquals(Optional.of("uid"), JobPlan.owner(pod).map(OwnerReference::getUid));
        OwnerReference owner = pod.getMetadata().getOwnerReferences().get(0);
        owner.setController(false);
        assertEquals(Optional.empty(), JobPlan.owner(pod));
        owner.setController(true);
        owner.setKind("ReplicaSet");
        assertEquals(Optional.empty(), JobPlan.owner(pod));
        owner.setKind("Job");
        owner.setApiVersion("batch.example/v1");
        assertEquals(Optional.empty(), JobPlan.owner(pod));
    }

    private static Pod podOf(Job job, String jobUid) {
        return new PodBuilder()
                .withMetadata(job.getSpec().getTemplate().getMetadata())
                .editMetadata()
                .withName(job.getMetadata().getName() + "-x2x4z")
                .withUid("pod-uid")
                .addNewOwnerReference()
                .withApiVersion("batch/v1")
                .withKind("Job")
                .withName(job.getMetadata().getName())
                .withUid(jobUid)
                .withController(true)
                .endOwnerReference()
                .endMetadata()
                .withSpec(job.getSpec().getTemplate().getSpec())
                .build();
    }
}
