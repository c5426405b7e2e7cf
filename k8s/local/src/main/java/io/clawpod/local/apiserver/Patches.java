package io.clawpod.local.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatch;
import io.fabric8.zjsonpatch.JsonPatchException;
import java.util.List;
import java.util.Locale;

/**
 * The patch types of the Kubernetes API: JSON Patch (RFC 6902), JSON Merge Patch (RFC 7396), strategic merge, and apply,
 * which is merged like the latter: nobody's field ownership is kept.
 */
final class Patches {
    /** The keys by which strategic merge finds an element again, in the order in which they are tried. */
    private static final List<String> MERGE_KEYS = List.of("name", "type", "uid", "containerPort", "ip");

    private Patches() {}

    static boolean isApply(String contentType) {
        return contentType.toLowerCase(Locale.ROOT).startsWith("application/apply-patch+yaml");
    }

    /** @throws ApiFailure if the patch does not fit, or is of no known type */
    static ObjectNode apply(String contentType, ObjectNode current, JsonNode patch) {
        String type = contentType.toLowerCase(Locale.ROOT).split(";", -1)[0].trim();
        switch (type) {
            case "application/json-patch+json" -> {
                try {
                    return (ObjectNode) JsonPatch.apply(patch, current.deepCopy());
                } catch (JsonPatchException e) {
                    throw new ApiFailure(
                            422, "Invalid", "the server rejected our request due to an error in our request");
                }
            }
            case "application/merge-patch+json" -> {
                return merge(current, object(patch), false);
            }
            case "application/strategic-merge-patch+json", "application/apply-patch+yaml" -> {
                return merge(current, object(patch), true);
            }
            default ->
                throw new ApiFailure(
                        415, "UnsupportedMediaType", "the body of the request was in an unknown format: " + type);
        }
    }

    private static ObjectNode object(JsonNode patch) {
        if (patch instanceof ObjectNode object) {
            return object;
        }
        throw ApiFailure.badRequest("the patch is no object");
    }

    private static ObjectNode merge(ObjectNode target, ObjectNode patch, boolean strategic) {
        ObjectNode merged = target.deepCopy();
        patch.properties().forEach(entry -> {
            String field = entry.getKey();
            JsonNode change = entry.getValue();
            JsonNode old = merged.path(field);
            if (change.isNull()) {
                merged.remove(field);
            } else if (change instanceof ObjectNode object) {
                ObjectNode base = old instanceof ObjectNode present ? present : merged.objectNode();
                merged.set(field, merge(base, object, strategic));
            } else if (strategic && change instanceof ArrayNode list && old instanceof ArrayNode present) {
                merged.set(field, mergeLists(present, list));
            } else {
                merged.set(field, change);
            }
        });
        return merged;
    }

    private static ArrayNode mergeLists(ArrayNode old, ArrayNode change) {
        for (String key : MERGE_KEYS) {
            if (!change.isEmpty() && all(change, key) && all(old, key)) {
                ArrayNode merged = old.deepCopy();
                change.forEach(element -> mergeElement(merged, (ObjectNode) element, key));
                return merged;
            }
        }
        return change;
    }

    private static boolean all(ArrayNode list, String key) {
        for (JsonNode element : list) {
            if (!element.isObject() || !element.has(key)) {
                return false;
            }
        }
        return true;
    }

    private static void mergeElement(ArrayNode merged, ObjectNode change, String key) {
        boolean delete = change.path("$patch").asText("").equals("delete");
        for (int i = 0; i < merged.size(); i++) {
            if (merged.get(i).get(key).equals(change.get(key))) {
                if (delete) {
                    merged.remove(i);
                } else {
                    merged.set(i, merge((ObjectNode) merged.get(i), change, true));
                }
                return;
            }
        }
        if (!delete) {
            merged.add(change);
        }
    }
}
