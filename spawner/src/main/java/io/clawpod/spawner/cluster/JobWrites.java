package io.clawpod.spawner.cluster;

import io.clawpod.common.Labels;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.cluster.PodWrites.Creation;
import io.clawpod.spawner.plan.JobPlan;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Session;
import io.fabric8.kubernetes.api.model.DeleteOptions;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Preconditions;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Makes and ends Jobs. The Job makes the pods, each gated, and {@link #complete} gives each its token, whichever replica comes
 * to it first. All methods block; thread-safe.
 */
final class JobWrites {
    private static final Logger LOG = Logger.getLogger(JobWrites.class);
    private static final String REVOKED = "Its token is revoked, so it is not tried again.";
    private static final String TWICE = "A pod of the same session was made at the same time.";

    private final KubernetesClient client;
    private final PodWrites pods;
    private final String namespace;

    JobWrites(KubernetesClient client, PodWrites pods, String namespace) {
        this.client = client;
        this.pods = pods;
        this.namespace = namespace;
    }

    /** What {@link #create} came to. */
    sealed interface Made {
        record Created(Job job) implements Made {}

        /** A Job or a pod of this name is there already. */
        record Exists() implements Made {}

        record Failed(KubernetesClientException failure) implements Made {}
    }

    /** Makes the Job, unless its name is taken by a Job or a pod. */
    Made create(Job planned) {
        String name = planned.getMetadata().getName();
        try {
            Job job = client.resource(planned).create();
            // The names of pods and Jobs are apart: of two replicas one may have made a pod.
            if (pods.read(namespace, name) != null) {
                delete(name, job.getMetadata().getUid());
                return new Made.Exists();
            }
            return new Made.Created(job);
        } catch (KubernetesClientException e) {
            return PodWrites.isNameTaken(e) ? new Made.Exists() : new Made.Failed(e);
        }
    }

    /** The Job of this session as the API server has it now; empty if there is none, or it is not the session's. */
    Optional<JobClassifier.Facts> read(SessionKey key) {
        return Optional.ofNullable(job(key.podName()))
                .flatMap(JobClassifier::facts)
                .filter(job -> job.unmade().key().equals(key));
    }

    /** Whether there is no such Job any more. */
    boolean isGone(Session.Job job) {
        Job left = job(job.name());
        return left == null || !job.uid().equals(left.getMetadata().getUid());
    }

    private @Nullable Job job(String name) {
        return client.batch().v1().jobs().inNamespace(namespace).withName(name).get();
    }

    /**
     * Gives a Job's pod its token and lets it be scheduled, unless the session is revoked or not the Job's alone: then its Job
     * is ended.
     *
     * @return whether the pod is on its way
     */
    boolean complete(Pod pod) {
        String name = JobPlan.owner(pod).map(OwnerReference::getName).orElse("");
        String uid = JobPlan.owner(pod).map(OwnerReference::getUid).orElse("");
        try {
            Job job = job(name);
            // The API server knows of no such Job any more: its pods are on their way out.
            if (job == null
                    || !uid.equals(job.getMetadata().getUid())
                    || job.getMetadata().getDeletionTimestamp() != null) {
                return false;
            }
            Map<String, String> annotations = job.getMetadata().getAnnotations();
            if (annotations != null && annotations.containsKey(Labels.ANNOTATION_REVOKED)) {
                giveUp(name, uid, Reason.STOPPED, REVOKED);
                return false;
            }
            if (pods.read(namespace, name) != null) {
                note(name, uid, Reason.STOPPED, TWICE);
                delete(name, uid);
                return false;
            }
        } catch (KubernetesClientException e) {
            LOG.warnf("pod not completed pod=%s status=%d", pod.getMetadata().getName(), e.getCode());
            return false;
        }
        return pods.complete(pod, Map.of()) instanceof Creation.Created;
    }

    /**
     * Ends the Job and keeps it for its retention.
     *
     * @param note for people
     * @return whether there is such a Job
     * @throws KubernetesClientException if the API server refuses or does not answer
     */
    boolean giveUp(Session.Job job, Reason why, String note) {
        return giveUp(job.name(), job.uid(), why, note);
    }

    private boolean giveUp(String name, String uid, Reason why, String note) {
        // Its first pod was made longer ago than this.
        boolean given = note(name, uid, why, note)
                .flatMap(noted -> patch(name, uid, Map.of(), Map.of("activeDeadlineSeconds", 1)))
                .isPresent();
        LOG.infof("job given up job=%s reason=%s", name, why.code());
        return given;
    }

    /**
     * Asks for the end of a session's Job and its pods. The Job goes last, so that its name, and with it the session's key, is
     * not free before its agent has ended.
     *
     * @param grace absent means the pod's own
     * @return whether there was such a Job
     * @throws KubernetesClientException if the API server refuses or does not answer
     */
    boolean end(Session session, Session.Job job, @Nullable Duration grace) {
        Session.PodRef pod = session.pod();
        // The pod first, with the grace: one that the garbage collector has asked to end could only be given less. The
        // Job
        // makes no other in between, since it waits for a pod's end and not for its deletion.
        if (grace != null && !session.hasEnded() && !pod.uid().equals(job.uid())) {
            pods.delete(pod.namespace(), pod.name(), pod.uid(), grace);
        }
        return delete(job.name(), job.uid());
    }

    private boolean delete(String name, String uid) {
        DeleteOptions options = new DeleteOptions();
        options.setApiVersion("v1");
        options.setKind("DeleteOptions");
        options.setPreconditions(new Preconditions(null, uid));
        options.setPropagationPolicy("Foreground");
        try {
            client.raw("/apis/batch/v1/namespaces/" + namespace + "/jobs/" + name, "DELETE", options);
            return true;
        } catch (KubernetesClientException e) {
            if (e.getCode() == 404 || e.getCode() == 409) {
                return false;
            }
            throw e;
        }
    }

    /**
     * Notes in the Job, so that no later pod of it gets a token, and in each of its pods that live, that the session is revoked.
     *
     * @return the Job as it is now; empty if there is no such Job
     * @throws KubernetesClientException if the API server refuses or does not answer
     */
    Optional<JobClassifier.Facts> revoke(Session.Job job, Instant at) {
        Job before = job(job.name());
        boolean revoked = before != null
                && before.getMetadata().getUid().equals(job.uid())
                && before.getMetadata().getAnnotations().containsKey(Labels.ANNOTATION_REVOKED);
        if (!revoked
                && patch(job.name(), job.uid(), Map.of(Labels.ANNOTATION_REVOKED, at.toString()), Map.of())
                        .isEmpty()) {
            return Optional.empty();
        }
        // Asked for after the note: a pod that got its token without the note being seen was there before it, and so is
        // here.
        for (Pod pod : pods.ofJob(namespace, job.uid())) {
            pods.revoke(
                    namespace, pod.getMetadata().getName(), pod.getMetadata().getUid(), at);
        }
        return Optional.ofNullable(job(job.name())).flatMap(JobClassifier::facts);
    }

    /**
     * Notes in the Job why its session's end is asked for.
     *
     * @param note for people
     * @return the Job as it is now; empty if there is no such Job
     * @throws KubernetesClientException if the API server refuses or does not answer
     */
    Optional<JobClassifier.Facts> noteEnd(Session.Job job, Reason why, String note) {
        return note(job.name(), job.uid(), why, note).flatMap(JobClassifier::facts);
    }

    private Optional<Job> note(String name, String uid, Reason why, String note) {
        return patch(
                name,
                uid,
                Map.of(Labels.ANNOTATION_END_REASON, why.code(), Labels.ANNOTATION_END_NOTE, note),
                Map.of());
    }

    private Optional<Job> patch(String name, String uid, Map<String, String> annotations, Map<String, Object> spec) {
        // The uid makes the API server refuse to change another Job that took this name in the meantime.
        Map<String, Object> patch = new HashMap<>();
        patch.put("metadata", Map.of("uid", uid, "annotations", annotations));
        if (!spec.isEmpty()) {
            patch.put("spec", spec);
        }
        try {
            // Of an object and not of its name: the client would read it first.
            return Optional.of(client.resource(new JobBuilder()
                            .withNewMetadata()
                            .withNamespace(namespace)
                            .withName(name)
                            .endMetadata()
                            .build())
                    .patch(PatchContext.of(PatchType.JSON_MERGE), Serialization.asJson(patch)));
        } catch (KubernetesClientException e) {
            if (e.getCode() == 404 || e.getCode() == 409) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
