package io.clawpod.spawner.cluster;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Labels;
import io.clawpod.common.Problem;
import io.clawpod.common.SecretText;
import io.clawpod.spawner.plan.StartGate;
import io.clawpod.spawner.plan.TokenSecret;
import io.clawpod.spawner.session.FileContent;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Session;
import io.fabric8.kubernetes.api.model.DeleteOptions;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Preconditions;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Makes and ends pods. A session is two objects: the pod, then the Secret with its token, which the pod owns. The pod is
 * gated until its Secret is there, so one that was left half made never runs, and {@link #complete} makes up for the rest.
 * All methods block; thread-safe.
 */
final class PodWrites {
    private static final Logger LOG = Logger.getLogger(PodWrites.class);

    private final KubernetesClient client;
    private final TokenIssuer tokens;

    PodWrites(KubernetesClient client, TokenIssuer tokens) {
        this.client = client;
        this.tokens = tokens;
    }

    /** What {@link #create} came to. */
    sealed interface Creation {
        record Created(Pod pod) implements Creation {}

        /** A pod of this name is there already. */
        record Exists() implements Creation {}

        record Failed(Problem problem) implements Creation {}
    }

    /**
     * Makes the pod and its Secret, or neither.
     *
     * @param files that travel in the Secret, by their keys
     */
    Creation create(Pod planned, Map<String, FileContent> files) {
        String name = planned.getMetadata().getName();
        String namespace = planned.getMetadata().getNamespace();
        Pod pod;
        try {
            pod = client.resource(planned).create();
        } catch (KubernetesClientException e) {
            if (isNameTaken(e)) {
                return new Creation.Exists();
            }
            return failed(e, "create pod " + name + " in " + namespace);
        }
        Creation completion = complete(pod, files);
        if (completion instanceof Creation.Failed) {
            takeBack(pod);
        }
        return completion;
    }

    /** Whether an object was not made because there is one of its name. */
    static boolean isNameTaken(KubernetesClientException e) {
        // 409 with reason Conflict is another write in between, such as one to a quota. Of the reasons that mean a name
        // that is taken, Kubernetes has AlreadyExists, and other API servers have their own.
        return e.getCode() == 409
                && (e.getStatus() == null || !"Conflict".equals(e.getStatus().getReason()));
    }

    private void takeBack(Pod pod) {
        try {
            delete(
                    pod.getMetadata().getNamespace(),
                    pod.getMetadata().getName(),
                    pod.getMetadata().getUid(),
                    null);
        } catch (KubernetesClientException e) {
            // The pod is gated and so does not run; it is completed later, or a caller stops it.
            LOG.warnf(
                    "half-made pod not taken back pod=%s uid=%s",
                    pod.getMetadata().getName(), pod.getMetadata().getUid());
        }
    }

    /**
     * Makes the Secret that {@code pod} waits for, unless it is there, and lets the pod be scheduled.
     *
     * @param files all that the pod expects in it, by their keys
     */
    Creation complete(Pod pod, Map<String, FileContent> files) {
        String name = pod.getMetadata().getName();
        Optional<Session> session = Classifier.classify(pod);
        Optional<String> secret = TokenSecret.expectedBy(pod);
        if (session.isEmpty() || secret.isEmpty()) {
            return new Creation.Failed(Problem.of(ErrorCode.FOREIGN_POD, "pod " + name + " is not ours"));
        }
        Optional<String> noKey = tokens.fault();
        if (noKey.isPresent()) {
            return new Creation.Failed(Problem.of(ErrorCode.NOT_READY, noKey.get()));
        }
        try {
            Secret made = TokenSecret.of(pod, secret.get(), tokens.issue(session.get()), files);
            try {
                client.resource(made).create();
            } catch (KubernetesClientException e) {
                if (e.getCode() != 409) {
                    throw e;
                }
                if (session.get().job() != null && !replace(made, pod)) {
                    return new Creation.Created(pod);
                }
            }
        } catch (KubernetesClientException e) {
            return failed(e, "write Secret " + secret.get());
        }
        return open(pod);
    }

    /**
     * Whether the Secret that {@code pod} waits for is there. The spawner may not read Secrets, so it asks what making it would
     * come to.
     *
     * @throws KubernetesClientException if the API server refuses or does not answer
     */
    boolean hasSecret(Pod pod) {
        try {
            client.resource(TokenSecret.of(
                            pod, TokenSecret.expectedBy(pod).orElseThrow(), SecretText.of("-"), Map.of()))
                    .dryRun()
                    .create();
            return false;
        } catch (KubernetesClientException e) {
            if (e.getCode() == 409) {
                return true;
            }
            throw e;
        }
    }

    /** Lets {@code pod}, whose Secret is there, be scheduled. */
    Creation open(Pod pod) {
        String name = pod.getMetadata().getName();
        try {
            // The uid makes the API server refuse to open another pod that took this name in the meantime.
            String open = "{\"metadata\":{\"uid\":\"" + pod.getMetadata().getUid()
                    + "\"},\"spec\":{\"schedulingGates\":" + StartGate.left(pod) + "}}";
            // Of the object and not of its name: the client would read it first.
            return new Creation.Created(client.resource(pod).patch(PatchContext.of(PatchType.JSON_MERGE), open));
        } catch (KubernetesClientException e) {
            if (e.getCode() == 404 || e.getCode() == 409) {
                // The Secret that was made for it goes too: nobody has its owner any more.
                return new Creation.Failed(Problem.of(
                        ErrorCode.SESSION_STOPPING,
                        "the session of pod " + name + " was stopped while it was made",
                        "make it again if that was not meant"));
            }
            return failed(e, "let pod " + name + " be scheduled");
        }
    }

    /**
     * Puts a token in the place of that of the former pod of the same Job.
     *
     * @return false if the pod has its own by now: a token that comes late could take the place of a later pod's
     */
    private boolean replace(Secret made, Pod pod) {
        String namespace = pod.getMetadata().getNamespace();
        Pod now = read(namespace, pod.getMetadata().getName());
        if (now == null
                || !TokenSecret.isAwaitedBy(now)
                || !pod.getMetadata().getUid().equals(now.getMetadata().getUid())) {
            return false;
        }
        // It is written without being read: whatever version is there is not this pod's.
        client.raw(
                "/api/v1/namespaces/" + namespace + "/secrets/"
                        + made.getMetadata().getName(),
                "PUT",
                made);
        return true;
    }

    /** The pods of a Job that have not ended, as the API server has them now. */
    List<Pod> ofJob(String namespace, String jobUid) {
        return client
                .pods()
                .inNamespace(namespace)
                .withLabel(Labels.MANAGED_BY, Labels.MANAGED_BY_SPAWNER)
                .withLabel("batch.kubernetes.io/controller-uid", jobUid)
                .list()
                .getItems()
                .stream()
                .filter(pod -> Classifier.classify(pod)
                        .filter(session -> !session.hasEnded())
                        .isPresent())
                .toList();
    }

    private static Creation failed(KubernetesClientException e, String what) {
        LOG.warnf("session not completed attempt=\"%s\" status=%d", what, e.getCode());
        return new Creation.Failed(ClusterErrors.problem(e, what));
    }

    /** The pod of this name as the API server has it now, or null. */
    @Nullable
    Pod read(String namespace, String name) {
        return client.pods().inNamespace(namespace).withName(name).get();
    }

    /**
     * Asks for the end of the pod with this uid; one that took its name in the meantime is left alone.
     *
     * @param grace absent means the pod's own
     * @return whether there was such a pod
     * @throws KubernetesClientException if the API server refuses or does not answer
     */
    boolean delete(String namespace, String name, String uid, @Nullable Duration grace) {
        // Zero would take the pod out of the API while its processes may still run.
        return ask(
                namespace,
                name,
                new Preconditions(null, uid),
                grace == null ? null : Long.valueOf(Math.max(1, grace.toSeconds())));
    }

    /**
     * Asks for the end of a pod, unless it has changed since it was read.
     *
     * @return whether it was there, and as it was read
     * @throws KubernetesClientException if the API server refuses or does not answer
     */
    boolean deleteUnchanged(Pod pod) {
        return ask(
                pod.getMetadata().getNamespace(),
                pod.getMetadata().getName(),
                new Preconditions(
                        pod.getMetadata().getResourceVersion(),
                        pod.getMetadata().getUid()),
                null);
    }

    /**
     * Takes the pod with this uid out of the API at once. Only for one whose processes have ended, or never ran, or
     * whose node is gone.
     *
     * @throws KubernetesClientException if the API server refuses or does not answer
     */
    boolean discard(String namespace, String name, String uid) {
        return ask(namespace, name, new Preconditions(null, uid), Long.valueOf(0));
    }

    private boolean ask(String namespace, String name, Preconditions only, @Nullable Long graceSeconds) {
        DeleteOptions options = new DeleteOptions();
        options.setApiVersion("v1");
        options.setKind("DeleteOptions");
        options.setPreconditions(only);
        options.setGracePeriodSeconds(graceSeconds);
        try {
            client.raw("/api/v1/namespaces/" + namespace + "/pods/" + name, "DELETE", options);
            return true;
        } catch (KubernetesClientException e) {
            if (e.getCode() == 404 || e.getCode() == 409) {
                return false;
            }
            throw e;
        }
    }

    /**
     * Notes in the pod with this uid that its session is revoked; one that took its name in the meantime is left alone.
     *
     * @param at since when
     * @return the pod as it is now; empty if there is no such pod
     * @throws KubernetesClientException if the API server refuses or does not answer
     */
    Optional<Pod> revoke(String namespace, String name, String uid, Instant at) {
        return patch(
                namespace,
                name,
                "{\"metadata\":{\"uid\":\"" + uid + "\",\"annotations\":{\"" + Labels.ANNOTATION_REVOKED + "\":\"" + at
                        + "\"}}}");
    }

    /**
     * Notes in the pod why its session's end is asked for, unless the pod has changed since it was read.
     *
     * @param note for people
     * @return the pod as it is now; empty if it is gone or has changed
     * @throws KubernetesClientException if the API server refuses or does not answer
     */
    Optional<Pod> noteEndUnchanged(Pod pod, Reason why, String note) {
        return noteEnd(pod.getMetadata().getNamespace(), pod.getMetadata().getName(), unchanged(pod), why, note);
    }

    /**
     * Notes in the pod with this uid why its session's end is asked for.
     *
     * @param note for people
     * @return the pod as it is now; empty if there is no such pod
     * @throws KubernetesClientException if the API server refuses or does not answer
     */
    Optional<Pod> noteEnd(Session.PodRef pod, Reason why, String note) {
        return noteEnd(pod.namespace(), pod.name(), Map.of("uid", pod.uid()), why, note);
    }

    private Optional<Pod> noteEnd(String namespace, String name, Map<String, String> only, Reason why, String note) {
        Map<String, Object> metadata = new HashMap<>(only);
        metadata.put("annotations", Map.of(Labels.ANNOTATION_END_REASON, why.code(), Labels.ANNOTATION_END_NOTE, note));
        return patch(namespace, name, Serialization.asJson(Map.of("metadata", metadata)));
    }

    /**
     * Writes an annotation of the pod with this uid; one that took its name in the meantime is left alone.
     *
     * @throws KubernetesClientException if the API server refuses or does not answer
     */
    void annotate(Session.PodRef pod, String name, String value) {
        Map<String, Object> metadata = Map.of("uid", pod.uid(), "annotations", Map.of(name, value));
        patch(pod.namespace(), pod.name(), Serialization.asJson(Map.of("metadata", metadata)));
    }

    /**
     * Lets the kubelet fail a pod, unless it has changed since it was read, and notes why: it is past its deadline (Kubernetes
     * API, PodSpec.activeDeadlineSeconds, which may be lowered at any time). It stays to be looked at, as a deleted one would
     * not.
     *
     * @param note for people
     * @return whether it was there, and as it was read
     * @throws KubernetesClientException if the API server refuses or does not answer
     */
    boolean failUnchanged(Pod pod, Reason why, String note) {
        Long deadline = pod.getSpec().getActiveDeadlineSeconds();
        Map<String, Object> metadata = new HashMap<>(unchanged(pod));
        metadata.put(
                "annotations",
                Map.of(
                        Labels.ANNOTATION_END_REASON,
                        why.code(),
                        Labels.ANNOTATION_END_NOTE,
                        note,
                        Labels.ANNOTATION_DEADLINE,
                        deadline == null ? Labels.NO_DEADLINE : deadline.toString()));
        String patch = Serialization.asJson(Map.of("metadata", metadata, "spec", Map.of("activeDeadlineSeconds", 1)));
        return patch(pod.getMetadata().getNamespace(), pod.getMetadata().getName(), patch)
                .isPresent();
    }

    private static Map<String, String> unchanged(Pod pod) {
        return Map.of(
                "uid", pod.getMetadata().getUid(),
                "resourceVersion", pod.getMetadata().getResourceVersion());
    }

    /**
     * Lets the pod with this uid be scheduled, and notes when.
     *
     * @return the pod as it is now; empty if there is no such pod
     * @throws KubernetesClientException if the API server refuses or does not answer
     */
    Optional<Pod> letStart(String namespace, String name, String uid, Instant at) {
        return patch(
                namespace,
                name,
                "{\"metadata\":{\"uid\":\"" + uid + "\",\"annotations\":{\"" + Labels.ANNOTATION_STARTED + "\":\"" + at
                        + "\"}},\"spec\":{\"schedulingGates\":null}}");
    }

    /** @param patch names the uid, so that another pod of this name is not changed */
    private Optional<Pod> patch(String namespace, String name, String patch) {
        try {
            return Optional.of(client.resource(new PodBuilder()
                            .withNewMetadata()
                            .withNamespace(namespace)
                            .withName(name)
                            .endMetadata()
                            .build())
                    .patch(PatchContext.of(PatchType.JSON_MERGE), patch));
        } catch (KubernetesClientException e) {
            if (e.getCode() == 404 || e.getCode() == 409) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
