package io.clawpod.local.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clawpod.local.apiserver.ObjectStore.Located;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which objects belong to which, by ownerReferences.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/architecture/garbage-collection/">Garbage collection</a>
 */
final class Dependents {
    private Dependents() {}

    /** The objects that have owners, none of which is there any more, and that are not being deleted yet. */
    static List<Located> orphans(List<Located> all) {
        Set<String> living = all.stream()
                .map(located -> located.object().at("/metadata/uid").asText())
                .collect(Collectors.toSet());
        return all.stream()
                .filter(located -> orphaned(located.object(), living))
                .toList();
    }

    private static boolean orphaned(ObjectNode object, Set<String> living) {
        JsonNode owners = object.at("/metadata/ownerReferences");
        if (owners.isEmpty() || object.path("metadata").has("deletionTimestamp")) {
            return false;
        }
        for (JsonNode owner : owners) {
            if (living.contains(owner.path("uid").asText())) {
                return false;
            }
        }
        return true;
    }

    /** A copy of {@code object} that no longer names {@code owner}. */
    static ObjectNode without(String owner, ObjectNode object) {
        ObjectNode released = object.deepCopy();
        if (released.at("/metadata/ownerReferences") instanceof ArrayNode owners) {
            for (int i = owners.size() - 1; i >= 0; i--) {
                if (owners.get(i).path("uid").asText().equals(owner)) {
                    owners.remove(i);
                }
            }
        }
        return released;
    }
}
