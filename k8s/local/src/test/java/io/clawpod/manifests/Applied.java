package io.clawpod.manifests;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.FieldValidateable.Validation;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * The manifests, and what a test adds to them, on the real cluster that KUBECONFIG names. Closing takes all of it away. An
 * installation that is already there is left as it is: then the test is skipped.
 */
final class Applied implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(90);
    /** A namespace goes only once its pods have, each with its grace, and all else that is in it. */
    private static final Duration GONE_WITHIN = Duration.ofMinutes(3);

    private final Deque<HasMetadata> created = new ArrayDeque<>();
    private final KubernetesClient client;

    private Applied(KubernetesClient client) {
        this.client = client;
    }

    /** Applies the namespaces, has the API server check all in a dry run, and then applies the rest. */
    static Applied apply(KubernetesClient client, Manifests manifests) {
        assumeTrue(System.getenv("KUBECONFIG") != null, "KUBECONFIG names no cluster: nothing was applied to one");
        client.getConfiguration().setRequestTimeout((int) PATIENCE.toMillis());
        Applied applied = new Applied(client);
        manifests.all(Namespace.class).stream().filter(applied::isBeingDeleted).forEach(applied::awaitGone);
        for (HasMetadata object : manifests.objects()) {
            assumeTrue(
                    client.resource(object).get() == null,
                    () -> Manifests.describe(object) + " is already in the cluster; not touched");
        }
        try {
            // The dry run of an object needs its namespace, so the namespaces go first.
            manifests.all(Namespace.class).forEach(applied::create);
            manifests.objects().forEach(object -> applied.send(object, true));
            manifests.objects().stream()
                    .filter(object -> !(object instanceof Namespace))
                    .forEach(applied::create);
            // Until it is counted, the API server refuses whatever falls under it.
            manifests.all(ResourceQuota.class).forEach(applied::awaitCounted);
            return applied;
        } catch (RuntimeException | Error e) {
            applied.close();
            throw e;
        }
    }

    /** Makes an object that goes away with the rest. */
    void create(HasMetadata object) {
        created.addFirst(object);
        send(object, false);
    }

    /** Has the API server know a kind, until the rest goes away. */
    void define(CustomResourceDefinition definition) {
        create(definition);
        client.resource(definition)
                .waitUntilCondition(
                        live -> live != null
                                && live.getStatus() != null
                                && live.getStatus().getConditions() != null
                                && live.getStatus().getConditions().stream()
                                        .anyMatch(
                                                condition -> condition.getType().equals("Established")
                                                        && condition.getStatus().equals("True")),
                        PATIENCE.toSeconds(),
                        TimeUnit.SECONDS);
    }

    /** Applies an object with strict field validation. */
    void send(HasMetadata object, boolean dryRun) {
        client.resource(object)
                .dryRun(dryRun)
                .fieldValidation(Validation.STRICT)
                .serverSideApply();
    }

    private boolean isBeingDeleted(HasMetadata object) {
        HasMetadata live = client.resource(object).get();
        return live != null && live.getMetadata().getDeletionTimestamp() != null;
    }

    private void awaitCounted(ResourceQuota quota) {
        client.resource(quota)
                .waitUntilCondition(
                        live -> live != null
                                && live.getStatus() != null
                                && !live.getStatus().getHard().isEmpty(),
                        PATIENCE.toSeconds(),
                        TimeUnit.SECONDS);
    }

    private void awaitGone(HasMetadata object) {
        client.resource(object).waitUntilCondition(Objects::isNull, GONE_WITHIN.toSeconds(), TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        created.forEach(object -> client.resource(object).delete());
        created.forEach(this::awaitGone);
    }
}
