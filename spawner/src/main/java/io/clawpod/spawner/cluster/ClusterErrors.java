package io.clawpod.spawner.cluster;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusCause;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Turns what the API server answers into problems that name the object and what to do. Pure. */
final class ClusterErrors {
    private ClusterErrors() {}

    /** As the other, for what a future failed with: the client's own exception may lie in it. */
    static Problem problem(Throwable failure, String what) {
        Throwable inner =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return inner instanceof KubernetesClientException e ? problem(e, what) : unavailable(what);
    }

    /** @param what the attempt, as the rest of a sentence that begins with "cannot": "create pod a in b" */
    static Problem problem(KubernetesClientException e, String what) {
        Status status = e.getStatus();
        String said = status == null || status.getMessage() == null ? "" : status.getMessage();
        return switch (e.getCode()) {
            case 400, 422 ->
                new Problem(
                        ErrorCode.POD_REFUSED,
                        "cannot " + what + ": " + said,
                        field(status),
                        "change the spec to what the API server accepts",
                        null);
            case 401 ->
                Problem.of(
                        ErrorCode.NOT_READY,
                        "cannot " + what + ": the API server does not know the spawner",
                        "mount the token of its ServiceAccount, or set KUBECONFIG");
            case 403 -> forbidden(what, said);
            case 404 ->
                Problem.of(
                        ErrorCode.NOT_READY,
                        "cannot " + what + ": " + said,
                        "create what is missing, with kubectl apply -k k8s/");
            default -> unavailable(what);
        };
    }

    static Problem unavailable(String what) {
        return unavailable(what, "does not answer");
    }

    private static Problem unavailable(String what, String why) {
        return Problem.of(
                ErrorCode.CLUSTER_UNAVAILABLE,
                "cannot " + what + ": the Kubernetes API " + why,
                "try again; the request can be repeated safely");
    }

    private static Problem forbidden(String what, String said) {
        String plain = said.toLowerCase(Locale.ROOT);
        if (plain.contains("exceeded quota")) {
            return Problem.of(
                    ErrorCode.QUOTA_EXCEEDED,
                    "cannot " + what + ": " + said,
                    "stop sessions, or raise the ResourceQuota of the agents' namespace");
        }
        if (plain.contains("status unknown for quota")) {
            return unavailable(what, "has not counted the namespace's ResourceQuota yet");
        }
        if (plain.contains("no priorityclass with name") || plain.contains("pod rejected: runtimeclass")) {
            return Problem.of(
                    ErrorCode.NOT_READY,
                    "cannot " + what + ": " + said,
                    "create the class, or change clawpod.pod.priority-class or clawpod.pod.runtime-class");
        }
        // RBAC answers "... is forbidden: User ... cannot VERB resource ..."; everything else here is admission.
        boolean role = plain.contains(" cannot ") && plain.contains(" resource ");
        // The manifests' own admission policy asks for a right beside those on pods.
        if (role || plain.contains("agentpods.clawpod.io")) {
            return Problem.of(
                    ErrorCode.NOT_READY,
                    "cannot " + what + ": the spawner's ServiceAccount has not the right",
                    "apply the spawner's Role and RoleBinding, with kubectl apply -k k8s/");
        }
        return Problem.of(
                ErrorCode.POD_REFUSED,
                "cannot " + what + ": " + said,
                "change the spec to what the namespace's policies admit");
    }

    private static @Nullable String field(@Nullable Status status) {
        if (status == null || status.getDetails() == null) {
            return null;
        }
        return status.getDetails().getCauses().stream()
                .map(StatusCause::getField)
                .filter(field -> field != null && !field.isEmpty())
                .findFirst()
                .orElse(null);
    }

    /** What is said while something is missing without which sessions cannot be told or made. */
    static Problem notReady(List<String> faults) {
        return Problem.of(
                ErrorCode.NOT_READY,
                String.join("; ", faults),
                "make right what is named, then try again; /q/health/ready shows the same");
    }
}
