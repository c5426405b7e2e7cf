package io.clawpod.spawner.docker.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The filters of a list (Docker Engine API, query parameter {@code filters}): values by name. Values of one name are
 * alternatives, names are conditions; labels all have to match.
 */
record Filters(Map<String, List<String>> values) {
    private static final ObjectMapper JSON = new ObjectMapper();
    static final Filters NONE = new Filters(Map.of());

    /**
     * @param known names that the list can be filtered by
     * @throws EngineRefusal if {@code text} cannot be read, or has another name
     */
    static Filters parse(@Nullable String text, Set<String> known) {
        if (text == null || text.isEmpty()) {
            return NONE;
        }
        JsonNode json;
        try {
            json = JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw malformed();
        }
        if (!json.isObject()) {
            throw malformed();
        }
        Map<String, List<String>> values = new LinkedHashMap<>();
        json.properties().forEach(member -> {
            if (!known.contains(member.getKey())) {
                throw new EngineRefusal(
                        400,
                        "invalid filter '" + member.getKey() + "'; use one of "
                                + known.stream().sorted().toList());
            }
            values.put(member.getKey(), list(member.getValue()));
        });
        return new Filters(values);
    }

    /** Newer clients write a list, older ones an object whose members are true. */
    private static List<String> list(JsonNode value) {
        List<String> list = new ArrayList<>();
        if (value.isArray()) {
            value.forEach(item -> list.add(item.asText()));
        } else if (value.isObject()) {
            value.fieldNames().forEachRemaining(list::add);
        } else {
            throw malformed();
        }
        return List.copyOf(list);
    }

    private static EngineRefusal malformed() {
        return new EngineRefusal(400, "filters: is no JSON object of lists; write {\"label\":[\"name=value\"]}");
    }

    List<String> of(String name) {
        return values.getOrDefault(name, List.of());
    }

    boolean has(String name) {
        return !of(name).isEmpty();
    }

    /** {@code name}, {@code name=value}: every one must hold. */
    boolean labelsMatch(Map<String, String> labels) {
        return of("label").stream().allMatch(wanted -> {
            int equals = wanted.indexOf('=');
            return equals < 0
                    ? labels.containsKey(wanted)
                    : wanted.substring(equals + 1).equals(labels.get(wanted.substring(0, equals)));
        });
    }
}
