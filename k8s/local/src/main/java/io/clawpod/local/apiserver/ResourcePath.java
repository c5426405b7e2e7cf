package io.clawpod.local.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a path of the Kubernetes API addresses.
 *
 * @param group the API group; empty for the core group
 * @param namespace absent for cluster-scoped kinds, and for a collection across all namespaces
 * @param plural the resource, such as {@code pods}
 * @param name absent for a collection
 * @param subresource such as {@code status} or {@code log}
 * @see <a href="https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris">Resource URIs</a>
 */
public record ResourcePath(
        String group,
        String version,
        @Nullable String namespace,
        String plural,
        @Nullable String name,
        @Nullable String subresource) {

    public static ResourcePath core(@Nullable String namespace, String plural, @Nullable String name) {
        return new ResourcePath("", "v1", namespace, plural, name, null);
    }

    public static ResourcePath pod(String namespace, String name) {
        return core(namespace, "pods", name);
    }

    /** @return null when {@code path} addresses no resource */
    static @Nullable ResourcePath parse(String path) {
        List<String> all = List.of((path.startsWith("/") ? path.substring(1) : path).split("/", -1));
        boolean core = all.get(0).equals("api");
        int head = core ? 2 : 3;
        if ((!core && !all.get(0).equals("apis")) || all.size() <= head || all.contains("")) {
            return null;
        }
        String group = core ? "" : all.get(1);
        List<String> rest = all.subList(head, all.size());
        boolean namespaced = rest.size() > 2
                && rest.get(0).equals("namespaces")
                && !rest.get(2).equals("status")
                && !rest.get(2).equals("finalize");
        String namespace = namespaced ? rest.get(1) : null;
        List<String> own = namespaced ? rest.subList(2, rest.size()) : rest;
        if (own.size() > 3) {
            return null;
        }
        return new ResourcePath(
                group,
                all.get(head - 1),
                namespace,
                own.get(0),
                own.size() > 1 ? own.get(1) : null,
                own.size() > 2 ? own.get(2) : null);
    }

    ResourcePath named(String newName) {
        return new ResourcePath(group, version, namespace, plural, newName, null);
    }

    ResourcePath status() {
        return new ResourcePath(group, version, namespace, plural, name, "status");
    }

    /** The path of one object of this path's collection, as the object's own metadata tells it. */
    ResourcePath of(JsonNode object) {
        JsonNode metadata = object.path("metadata");
        String ns = metadata.path("namespace").asText("");
        return new ResourcePath(
                group,
                version,
                ns.isEmpty() ? null : ns,
                plural,
                metadata.path("name").asText(),
                null);
    }

    boolean isPod() {
        return isCore("pods");
    }

    boolean isCore(String resource) {
        return group.isEmpty() && plural.equals(resource);
    }

    String apiVersion() {
        return group.isEmpty() ? version : group + "/" + version;
    }

    /** How messages of the API server spell the resource: {@code pods}, {@code leases.coordination.k8s.io}. */
    String qualified() {
        return group.isEmpty() ? plural : plural + "." + group;
    }

    /** Whether an object at {@code object} belongs to the collection that this path is, or lies in. */
    boolean collects(ResourcePath object) {
        return group.equals(object.group)
                && plural.equals(object.plural)
                && (namespace == null || namespace.equals(object.namespace))
                && (name == null || name.equals(object.name));
    }

    /** The path itself, without a subresource. */
    String text() {
        StringBuilder text = new StringBuilder(group.isEmpty() ? "/api/" : "/apis/" + group + "/").append(version);
        if (namespace != null) {
            text.append("/namespaces/").append(namespace);
        }
        text.append('/').append(plural);
        if (name != null) {
            text.append('/').append(name);
        }
        return text.toString();
    }
}
