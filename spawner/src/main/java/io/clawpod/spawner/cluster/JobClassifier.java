package io.clawpod.spawner.cluster;

import io.clawpod.common.Labels;
import io.clawpod.spawner.plan.JobPlan;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionState;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatus;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads a session from its Job and the newest of the Job's pods. A failed pod is no end while the Job may make another, and no
 * agent counts as running once the Job has failed, whichever of the two was seen first. Pure.
 */
final class JobClassifier {
    private JobClassifier() {}

    /** What has become of a Job. */
    enum Outcome {
        /** It may still make a pod. */
        OPEN,
        COMPLETE,
        /** It has failed, or is about to: it makes no other pod. */
        FAILED,
        DEADLINE
    }

    /**
     * What matters of a Job.
     *
     * @param unmade the session as it is while there is no pod
     * @param deleted whether its deletion was asked for, or has been carried out
     * @param message why it failed, for people
     * @param outcomeAt when it completed or failed
     * @param endReason why the spawner has asked for its end
     */
    record Facts(
            Session unmade,
            boolean deleted,
            Outcome outcome,
            @Nullable String message,
            @Nullable Instant outcomeAt,
            @Nullable Reason endReason,
            @Nullable String endNote) {
        String uid() {
            return unmade.pod().uid();
        }

        /** The same, deleted. */
        Facts gone() {
            return new Facts(unmade, true, outcome, message, outcomeAt, endReason, endNote);
        }
    }

    /** Empty for a Job that is not ours. */
    static Optional<Facts> facts(Job job) {
        return Classifier.classify(unmade(job)).map(session -> facts(job, session));
    }

    /** The pod that the Job's template describes, under the Job's own name and uid. */
    private static Pod unmade(Job job) {
        ObjectMeta template = job.getSpec().getTemplate().getMetadata();
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace(job.getMetadata().getNamespace())
                .withName(job.getMetadata().getName())
                .withUid(job.getMetadata().getUid())
                .withCreationTimestamp(job.getMetadata().getCreationTimestamp())
                .withLabels(template == null ? null : template.getLabels())
                .withAnnotations(template == null ? null : template.getAnnotations())
                .addNewOwnerReference()
                .withApiVersion(JobPlan.API_VERSION)
                .withKind(JobPlan.KIND)
                .withName(job.getMetadata().getName())
                .withUid(job.getMetadata().getUid())
                .withController(true)
                .endOwnerReference()
                .endMetadata()
                .withSpec(job.getSpec().getTemplate().getSpec())
                .build();
    }

    private static Facts facts(Job job, Session unmade) {
        JobStatus status = job.getStatus() == null ? new JobStatus() : job.getStatus();
        Map<String, String> annotations =
                Optional.ofNullable(job.getMetadata().getAnnotations()).orElse(Map.of());
        int failed = status.getFailed() == null ? 0 : status.getFailed();
        Session session = new Told(unmade)
                .of(new Session.Job(
                        job.getMetadata().getName(), job.getMetadata().getUid(), failed))
                .revoked(Classifier.revokedAt(annotations))
                .session();
        Optional<JobCondition> complete = condition(status, "Complete");
        // A Job whose pods have yet to end says first that it will fail.
        Optional<JobCondition> failure = condition(status, "Failed").or(() -> condition(status, "FailureTarget"));
        Optional<JobCondition> outcome = complete.or(() -> failure);
        return new Facts(
                session,
                job.getMetadata().getDeletionTimestamp() != null,
                complete.isPresent()
                        ? Outcome.COMPLETE
                        : failure.map(JobClassifier::failed).orElse(Outcome.OPEN),
                outcome.map(JobCondition::getMessage).orElse(null),
                outcome.flatMap(met -> PodConditions.time(met.getLastTransitionTime()))
                        .orElse(null),
                Optional.ofNullable(annotations.get(Labels.ANNOTATION_END_REASON))
                        .flatMap(Reason::ofCode)
                        .orElse(null),
                annotations.get(Labels.ANNOTATION_END_NOTE));
    }

    private static Optional<JobCondition> condition(JobStatus status, String type) {
        return Optional.ofNullable(status.getConditions()).stream()
                .flatMap(conditions -> conditions.stream())
                .filter(condition -> type.equals(condition.getType()) && "True".equals(condition.getStatus()))
                .findFirst();
    }

    private static Outcome failed(JobCondition condition) {
        return "DeadlineExceeded".equals(condition.getReason()) ? Outcome.DEADLINE : Outcome.FAILED;
    }

    /**
     * The session as the two tell it together.
     *
     * @param job absent while the watch has not brought it
     * @param pod the newest, or the last there was if it has ended; absent if there is none
     */
    static Session session(@Nullable Facts job, @Nullable Session pod) {
        if (job == null) {
            if (pod == null) {
                throw new IllegalArgumentException("neither a Job nor a pod");
            }
            return open(new Told(pod), pod, 0);
        }
        Session.Job carrier = job.unmade().job();
        Told told = new Told(pod == null ? job.unmade() : pod)
                .of(carrier)
                .madeAt(job.unmade().createdAt())
                .revoked(job.unmade().revokedAt());
        return switch (job.outcome()) {
            case COMPLETE -> complete(told, pod, job);
            case FAILED, DEADLINE -> failed(told, pod, job);
            case OPEN ->
                job.deleted() || isEnding(job, pod)
                        ? deleted(told, pod, job)
                        : open(told, pod, carrier == null ? 0 : carrier.failed());
        };
    }

    private static Session open(Told told, @Nullable Session pod, int failed) {
        if (pod == null) {
            return failed == 0
                    ? told.session()
                    : told.as(SessionState.PENDING, Reason.RESTARTING, failed + " tries have failed")
                            .session();
        }
        if (pod.state() == SessionState.STOPPING) {
            return told.as(SessionState.PENDING, Reason.RESTARTING, "its pod is taken away, and another comes")
                    .session();
        }
        if (!pod.hasEnded() || pod.reason() == Reason.COMPLETED) {
            return told.session();
        }
        return told.as(SessionState.PENDING, Reason.RESTARTING, lastTry(pod)).session();
    }

    private static String lastTry(Session pod) {
        String why = pod.reason() == null ? "ended" : pod.reason().code();
        return "the last try ended: " + why + (pod.exitCode() == null ? "" : ", exit code " + pod.exitCode());
    }

    private static Session complete(Told told, @Nullable Session pod, Facts job) {
        // The pod's own end, which has its time, is on its way.
        return pod == null
                ? told.ended(Reason.COMPLETED, null, job.outcomeAt()).exit(0).session()
                : told.session();
    }

    private static Session failed(Told told, @Nullable Session pod, Facts job) {
        boolean late = job.outcome() == Outcome.DEADLINE;
        Reason asked = job.endReason();
        if (pod != null && !pod.hasEnded()) {
            Reason why = asked != null ? asked : late ? Reason.DEADLINE : Reason.STOPPED;
            return told.as(SessionState.STOPPING, why, asked != null ? job.endNote() : job.message())
                    .session();
        }
        Reason own = pod == null ? Reason.ERROR : pod.reason();
        if (asked != null) {
            return told.ended(asked, job.endNote(), job.outcomeAt()).session();
        }
        if (late) {
            return told.ended(Reason.DEADLINE, job.message(), job.outcomeAt()).session();
        }
        String message = pod == null || pod.message() == null ? job.message() : pod.message();
        return told.ended(own, message, job.outcomeAt()).session();
    }

    /** Of an end that is asked for the pod goes first, and its Job a moment later. */
    private static boolean isEnding(Facts job, @Nullable Session pod) {
        return job.endReason() != null && pod != null && pod.state() == SessionState.STOPPING;
    }

    private static Session deleted(Told told, @Nullable Session pod, Facts job) {
        Reason why = job.endReason() == null ? Reason.STOPPED : job.endReason();
        if (pod != null && pod.hasEnded()) {
            return pod.reason() == Reason.COMPLETED
                    ? told.session()
                    : told.ended(why, job.endNote(), pod.endedAt()).session();
        }
        return told.as(SessionState.STOPPING, why, job.endNote()).session();
    }

    /** A session told with some of its members changed. */
    private static final class Told {
        private final Session from;
        private Session.@Nullable Job job;
        private SessionState state;
        private @Nullable Reason reason;
        private @Nullable String message;
        private @Nullable Integer exitCode;
        private @Nullable Integer signal;
        private Instant createdAt;
        private @Nullable Instant endedAt;
        private @Nullable Instant revokedAt;

        Told(Session from) {
            this.from = from;
            job = from.job();
            state = from.state();
            reason = from.reason();
            message = from.message();
            exitCode = from.exitCode();
            signal = from.signal();
            createdAt = from.createdAt();
            endedAt = from.endedAt();
            revokedAt = from.revokedAt();
        }

        Told of(Session.@Nullable Job carrier) {
            job = carrier;
            return this;
        }

        Told madeAt(Instant time) {
            createdAt = time;
            return this;
        }

        Told revoked(@Nullable Instant time) {
            revokedAt = time == null ? revokedAt : time;
            return this;
        }

        /** In a state that is no end. */
        Told as(SessionState now, @Nullable Reason why, @Nullable String words) {
            state = now;
            reason = why;
            message = words;
            exitCode = null;
            signal = null;
            endedAt = null;
            return this;
        }

        /** @param at unless the pod itself says when */
        Told ended(@Nullable Reason why, @Nullable String words, @Nullable Instant at) {
            state = SessionState.ENDED;
            reason = why;
            message = words;
            endedAt = endedAt == null ? at : endedAt;
            return this;
        }

        Told exit(int code) {
            exitCode = code;
            return this;
        }

        Session session() {
            return new Session(
                    from.key(),
                    from.group(),
                    from.role(),
                    state,
                    reason,
                    message,
                    exitCode,
                    signal,
                    from.pod(),
                    from.image(),
                    from.specHash(),
                    createdAt,
                    from.since(),
                    from.startedAt(),
                    endedAt,
                    revokedAt,
                    from.signs(),
                    from.restarts(),
                    from.labels(),
                    from.container(),
                    job);
        }
    }
}
