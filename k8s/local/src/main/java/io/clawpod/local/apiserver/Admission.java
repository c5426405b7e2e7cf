package io.clawpod.local.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** What the API server fills in, and what it does not let change, beyond the mock's uid, version and creation time. */
final class Admission {
    /** The alphabet of generated names: no vowels, so that no words come out. */
    private static final String SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

    /** The kinds whose status only the status subresource changes. */
    private static final Set<String> WITH_STATUS = Set.of(
            "pods", "services", "namespaces", "nodes", "jobs", "deployments", "replicasets", "persistentvolumeclaims");

    /** The fields of a pod's spec that may change. */
    private static final List<String> MUTABLE_POD_FIELDS =
            List.of("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "schedulingGates");

    private final AtomicInteger services = new AtomicInteger();

    static boolean hasStatusSubresource(ResourcePath path) {
        return WITH_STATUS.contains(path.plural());
    }

    void onCreate(ResourcePath path, ObjectNode object) {
        ObjectNode metadata = object.withObject("/metadata");
        if (!metadata.hasNonNull("name") && metadata.hasNonNull("generateName")) {
            metadata.put("name", metadata.get("generateName").asText() + suffix());
        }
        if (hasStatusSubresource(path)) {
            object.remove("status");
        }
        if (path.isPod()) {
            ObjectNode spec = object.withObject("/spec");
            putDefault(spec, "restartPolicy", "Always");
            putDefault(spec, "dnsPolicy", "ClusterFirst");
            putDefault(spec, "serviceAccountName", "default");
            if (!spec.has("terminationGracePeriodSeconds")) {
                spec.put("terminationGracePeriodSeconds", 30);
            }
            ObjectNode status = object.putObject("status").put("phase", "Pending");
            if (!spec.path("schedulingGates").isEmpty()) {
                status.putArray("conditions")
                        .addObject()
                        .put("type", "PodScheduled")
                        .put("status", "False")
                        .put("reason", "SchedulingGated")
                        .put("message", "Scheduling is blocked due to non-empty scheduling gates");
            }
        } else if (path.isCore("services")) {
            onCreateService(object.withObject("/spec"));
        } else if (path.isCore("namespaces")) {
            object.putObject("status").put("phase", "Active");
            metadata.withObject("/labels")
                    .put("kubernetes.io/metadata.name", metadata.path("name").asText());
        } else if (path.isCore("secrets")) {
            onCreateSecret(object);
        }
    }

    private static String suffix() {
        return ThreadLocalRandom.current()
                .ints(5, 0, SUFFIX_ALPHABET.length())
                .collect(StringBuilder::new, (b, i) -> b.append(SUFFIX_ALPHABET.charAt(i)), StringBuilder::append)
                .toString();
    }

    private static void putDefault(ObjectNode node, String field, String value) {
        if (!node.hasNonNull(field)) {
            node.put(field, value);
        }
    }

    private void onCreateService(ObjectNode spec) {
        putDefault(spec, "type", "ClusterIP");
        if (!spec.hasNonNull("clusterIP") || spec.get("clusterIP").asText().isEmpty()) {
            int n = services.incrementAndGet();
            spec.put("clusterIP", "127.96." + (n / 250) + "." + (n % 250 + 1));
        }
        spec.withArray("clusterIPs").removeAll().add(spec.get("clusterIP").asText());
        if (spec.path("ports") instanceof ArrayNode ports) {
            for (JsonNode port : ports) {
                ObjectNode one = (ObjectNode) port;
                putDefault(one, "protocol", "TCP");
                if (!one.has("targetPort")) {
                    one.set("targetPort", one.get("port"));
                }
            }
        }
    }

    /** {@code stringData} is only ever written; what is read is {@code data}. */
    static void onCreateSecret(ObjectNode secret) {
        putDefault(secret, "type", "Opaque");
        if (secret.remove("stringData") instanceof ObjectNode plain) {
            ObjectNode data = secret.withObject("/data");
            plain.properties()
                    .forEach(entry -> data.put(
                            entry.getKey(),
                            Base64.getEncoder()
                                    .encodeToString(entry.getValue().asText().getBytes(StandardCharsets.UTF_8))));
        }
    }

    /** @throws ApiFailure if the change is one that no client may make */
    static void onUpdate(ResourcePath path, ObjectNode current, ObjectNode updated) {
        if (path.isPod() && !frozen(current).equals(frozen(updated))) {
            throw ApiFailure.invalid(
                    path,
                    "spec: Forbidden: pod updates may not change fields other than "
                            + "`spec.containers[*].image`, `spec.activeDeadlineSeconds`, `spec.tolerations`");
        }
        if (path.isPod()
                && updated.at("/spec/schedulingGates").size()
                        > current.at("/spec/schedulingGates").size()) {
            throw ApiFailure.invalid(path, "spec.schedulingGates: Forbidden: only deletion is allowed");
        }
        if (path.isCore("secrets")) {
            onCreateSecret(updated);
        }
        if (current.path("immutable").asBoolean() && !current.path("data").equals(updated.path("data"))) {
            throw ApiFailure.invalid(path, "data: Forbidden: field is immutable when `immutable` is set");
        }
    }

    private static JsonNode frozen(ObjectNode pod) {
        if (!(pod.path("spec").deepCopy() instanceof ObjectNode spec)) {
            return pod.path("spec");
        }
        spec.remove(MUTABLE_POD_FIELDS);
        spec.path("containers").forEach(container -> ((ObjectNode) container).remove("image"));
        return spec;
    }
}
