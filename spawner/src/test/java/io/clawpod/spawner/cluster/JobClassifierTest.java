package io.clawpod.spawner.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.type.TypeReference;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.testing.CaseFiles;
import io.clawpod.spawner.testing.SampleJobs;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What Jobs and their pods come to, by a table. */
final class JobClassifierTest {
    private static final SessionKey KEY = SessionKey.of("i", "k");

    record PodCase(
            String state,
            @Nullable String reason,
            @Nullable Integer exitCode,
            @Nullable Integer signal) {}

    record JobCase(
            int failed,
            @Nullable String condition,
            @Nullable String status,
            @Nullable String why,
            @Nullable String at,
            boolean deleted,
            @Nullable String endReason,
            @Nullable String endNote,
            @Nullable String revoked) {}

    record Case(
            String name, @Nullable JobCase job, @Nullable PodCase pod, Map<String, String> is) {}

    @TestFactory
    Stream<DynamicTest> aJobAndItsNewestPodTellWhereTheSessionIs() {
        return CaseFiles.table("job-sessions.yaml", new TypeReference<List<Case>>() {}).stream()
                .map(row -> DynamicTest.dynamicTest(row.name(), () -> {
                    JobClassifier.Facts job = row.job() == null
                            ? null
                            : JobClassifier.facts(job(row.job())).orElseThrow();
                    Session pod = row.pod() == null ? null : pod(row.pod());
                    Session session = JobClassifier.session(job, pod);
                    Map<String, String> shown = shown(session);
                    if (!row.is().containsKey("endedAt")) {
                        shown.remove("endedAt");
                    }
                    assertEquals(new TreeMap<>(row.is()), shown);
                    assertEquals(
                            row.job() == null ? 0 : row.job().failed(),
                            Optional.ofNullable(session.job())
                                    .map(Session.Job::failed)
                                    .orElse(-1));
                }));
    }

    private static Map<String, String> shown(Session session) {
        Map<String, @Nullable Object> all = new TreeMap<>();
        all.put("state", session.state().code());
        all.put("reason", session.reason() == null ? null : session.reason().code());
        all.put("message", session.message());
        all.put("exitCode", session.exitCode());
        all.put("signal", session.signal());
        all.put("endedAt", session.endedAt());
        all.put("revokedAt", session.revokedAt());
        all.put("pod", session.pod().uid().equals(SampleJobs.UID) ? "job" : "pod");
        Map<String, String> shown = new TreeMap<>();
        all.forEach((name, value) -> {
            if (value != null) {
                shown.put(name, value.toString());
            }
        });
        return shown;
    }

    private static Job job(JobCase from) {
        JobBuilder job = new JobBuilder(SampleJobs.job(KEY, SampleJobs.UID))
                .editMetadata()
                .withDeletionTimestamp(from.deleted() ? "2026-01-02T03:04:40Z" : null)
                .endMetadata()
                .withNewStatus()
                .withFailed(from.failed() == 0 ? null : from.failed())
                .endStatus();
        annotate(job, "clawpod.io/end-reason", from.endReason());
        annotate(job, "clawpod.io/end-note", from.endNote());
        annotate(job, "clawpod.io/revoked", from.revoked());
        if (from.condition() != null) {
            job.editStatus()
                    .addNewCondition()
                    .withType(from.condition())
                    .withStatus(from.status() == null ? "True" : from.status())
                    .withReason(from.why())
                    .withMessage("in its own words")
                    .withLastTransitionTime(from.at())
                    .endCondition()
                    .endStatus();
        }
        return job.build();
    }

    private static void annotate(JobBuilder job, String name, @Nullable String value) {
        if (value != null) {
            job.editMetadata().addToAnnotations(name, value).endMetadata();
        }
    }

    private static Session pod(PodCase from) {
        return SampleJobs.pod(KEY, SampleJobs.UID, "pod", from.state(), from.reason(), from.exitCode(), from.signal());
    }

    @Test
    void aSessionIsAsOldAsItsJob() {
        JobClassifier.Facts job =
                JobClassifier.facts(SampleJobs.job(KEY, SampleJobs.UID)).orElseThrow();
        Session pod = pod(new PodCase("running", null, null, null));
        assertEquals(SampleJobs.MADE, JobClassifier.session(job, null).createdAt());
        assertEquals(SampleJobs.MADE, JobClassifier.session(job, pod).createdAt());
        assertEquals(
                SampleJobs.MADE.plusSeconds(1), JobClassifier.session(null, pod).createdAt());
    }

    @Test
    void aJobThatIsNotOursIsNone() {
        Job job = SampleJobs.job(KEY, SampleJobs.UID);
        for (Job other : List.of(
                new JobBuilder(job)
                        .editMetadata()
                        .withName("other")
                        .endMetadata()
                        .build(),
                new JobBuilder(job)
                        .editSpec()
                        .editTemplate()
                        .withMetadata(null)
                        .endTemplate()
                        .endSpec()
                        .build(),
                new JobBuilder(job)
                        .editSpec()
                        .editTemplate()
                        .editMetadata()
                        .removeFromLabels("app.kubernetes.io/managed-by")
                        .endMetadata()
                        .endTemplate()
                        .endSpec()
                        .build())) {
            assertEquals(Optional.empty(), JobClassifier.facts(other));
        }
    }
}
