package io.clawpod.spawner.volume;

import com.fasterxml.jackson.databind.JsonNode;
import io.clawpod.common.InvalidValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads fields of a parsed file by their types; what has another type, or a name that is not known, is named by its path. */
final class StrictTree {
    private final String at;
    private final JsonNode object;

    /**
     * @param at path of the object within the file; empty for the file itself
     * @throws InvalidValue if it is no object or has a field that is not known
     */
    StrictTree(String at, @Nullable JsonNode node, Set<String> known) {
        if (node == null || !node.isObject()) {
            throw new InvalidValue(
                    at.isEmpty() ? "the file" : at, "is no object", "use " + String.join(", ", new TreeSet<>(known)));
        }
        this.at = at;
        this.object = node;
        node.fieldNames().forEachRemaining(name -> {
            if (!known.contains(name)) {
                throw new InvalidValue(path(name), "is not known", "use " + String.join(", ", new TreeSet<>(known)));
            }
        });
    }

    String path(String name) {
        return at.isEmpty() ? name : at + "." + name;
    }

    private @Nullable JsonNode value(String name) {
        JsonNode value = object.get(name);
        return value == null || value.isNull() ? null : value;
    }

    String text(String name) {
        String text = optionalText(name);
        if (text == null) {
            throw new InvalidValue(path(name), "is missing", "give it a text");
        }
        return text;
    }

    @Nullable
    String optionalText(String name) {
        JsonNode value = value(name);
        if (value != null && !value.isTextual()) {
            throw new InvalidValue(path(name), "is no text", "write it in quotes");
        }
        return value == null ? null : value.textValue();
    }

    boolean flag(String name) {
        JsonNode value = value(name);
        if (value != null && !value.isBoolean()) {
            throw new InvalidValue(path(name), "is neither true nor false", "write one of them, without quotes");
        }
        return value != null && value.booleanValue();
    }

    List<JsonNode> list(String name) {
        JsonNode value = value(name);
        if (value == null || !value.isArray()) {
            throw new InvalidValue(path(name), value == null ? "is missing" : "is no list", "give a list, such as []");
        }
        List<JsonNode> items = new ArrayList<>();
        value.forEach(items::add);
        return items;
    }
}
