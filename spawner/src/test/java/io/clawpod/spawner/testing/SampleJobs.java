package io.clawpod.spawner.testing;

import io.clawpod.common.SessionKey;
import io.clawpod.spawner.plan.ClusterFacts;
import io.clawpod.spawner.plan.MountReview;
import io.clawpod.spawner.plan.Plan;
import io.clawpod.spawner.plan.Planner;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Restart;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.session.SessionState;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.time.Instant;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Jobs as the spawner makes them, and sessions as their pods alone tell them. */
public final class SampleJobs {
    public static final String UID = "job-uid";
    public static final Instant MADE = Instant.parse("2026-01-02T03:04:05Z");
    private static final Instant ENDED = Instant.parse("2026-01-02T03:05:00Z");

    private SampleJobs() {}

    public static SessionSpec spec() {
        return SessionSpec.builder("agent:1").restart(Restart.JOB).build();
    }

    /** @param uid tells it from other Jobs of its name */
    public static Job job(SessionKey key, String uid) {
        Plan plan = new Planner()
                .plan(
                        key,
                        spec(),
                        MountReview.asAsked(spec(), PlanSettings.DEFAULTS.volumes()),
                        key.podName() + "-secret",
                        new ClusterFacts("10.96.0.31"),
                        PlanSettings.DEFAULTS);
        return new JobBuilder(Objects.requireNonNull(((Plan.Planned) plan).job()))
                .editMetadata()
                .withUid(uid)
                .withCreationTimestamp(MADE.toString())
                .endMetadata()
                .build();
    }

    /** A pod as the Job controller makes it of the Job's template. */
    public static Pod made(Job job, String name) {
        return new PodBuilder()
                .withMetadata(job.getSpec().getTemplate().getMetadata())
                .editMetadata()
                .withNamespace(job.getMetadata().getNamespace())
                .withName(name)
                .addToLabels(
                        "batch.kubernetes.io/controller-uid", job.getMetadata().getUid())
                .addNewOwnerReference()
                .withApiVersion("batch/v1")
                .withKind("Job")
                .withName(job.getMetadata().getName())
                .withUid(job.getMetadata().getUid())
                .withController(true)
                .endOwnerReference()
                .endMetadata()
                .withSpec(job.getSpec().getTemplate().getSpec())
                .build();
    }

    /** The session as a pod of the Job tells it; it was made a second after the Job. */
    public static Session pod(
            SessionKey key,
            String jobUid,
            String podUid,
            String state,
            @Nullable String reason,
            @Nullable Integer exitCode,
            @Nullable Integer signal) {
        Session plain = SampleSessions.of(
                key,
                podUid,
                null,
                SessionState.valueOf(state.toUpperCase(Locale.ROOT)),
                reason == null ? null : Reason.ofCode(reason).orElseThrow());
        return new Session(
                key,
                plain.group(),
                plain.role(),
                plain.state(),
                plain.reason(),
                null,
                exitCode,
                signal,
                new Session.PodRef("clawpod-agents", key.podName() + "-" + podUid, podUid, "node", null),
                plain.image(),
                plain.specHash(),
                MADE.plusSeconds(1),
                MADE.plusSeconds(1),
                plain.startedAt(),
                plain.hasEnded() ? ENDED : null,
                null,
                plain.signs(),
                plain.restarts(),
                new TreeMap<>(),
                plain.container(),
                new Session.Job(key.podName(), jobUid, 0));
    }
}
