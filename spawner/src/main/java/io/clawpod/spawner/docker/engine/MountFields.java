package io.clawpod.spawner.docker.engine;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** A mount as JSON (Docker Engine API, Mount), put into the one line of CSV that {@code --mount} takes. */
final class MountFields {
    private MountFields() {}

    /** @throws EngineRefusal if it has a field that has no counterpart */
    static String csv(JsonNode mount, String path) {
        if (!mount.isObject()) {
            throw new EngineRefusal(400, path + ": has the wrong type; send an object");
        }
        List<String> fields = new ArrayList<>();
        mount.properties().forEach(member -> {
            JsonNode value = member.getValue();
            if (Json.isUnset(value)) {
                return;
            }
            switch (member.getKey()) {
                case "Type" -> fields.add("type=" + value.asText());
                case "Source" -> fields.add("source=" + value.asText());
                case "Target" -> fields.add("target=" + value.asText());
                case "ReadOnly" -> fields.add("readonly");
                case "Consistency" -> fields.add("consistency=" + value.asText());
                case "BindOptions" -> bind(value, path + ".BindOptions", fields);
                case "TmpfsOptions" -> tmpfs(value, path + ".TmpfsOptions", fields);
                default ->
                    throw new EngineRefusal(
                            400, path + "." + member.getKey() + ": cannot be carried out by a pod; leave it out");
            }
        });
        return String.join(",", fields.stream().map(MountFields::quoted).toList());
    }

    private static void bind(JsonNode options, String path, List<String> fields) {
        options.properties().forEach(option -> {
            if (Json.isUnset(option.getValue())) {
                return;
            }
            switch (option.getKey()) {
                case "Propagation" ->
                    fields.add("bind-propagation=" + option.getValue().asText());
                case "NonRecursive" -> fields.add("bind-nonrecursive");
                default ->
                    throw new EngineRefusal(
                            400, path + "." + option.getKey() + ": cannot be carried out by a pod; leave it out");
            }
        });
    }

    private static void tmpfs(JsonNode options, String path, List<String> fields) {
        options.properties().forEach(option -> {
            if (Json.isUnset(option.getValue())) {
                return;
            }
            switch (option.getKey()) {
                case "SizeBytes" -> fields.add("tmpfs-size=" + option.getValue().asLong());
                case "Mode" ->
                    fields.add("tmpfs-mode="
                            + Integer.toOctalString(option.getValue().asInt()));
                default ->
                    throw new EngineRefusal(
                            400, path + "." + option.getKey() + ": cannot be carried out by a pod; leave it out");
            }
        });
    }

    /** RFC 4180 section 2. */
    private static String quoted(String field) {
        return field.contains(",") || field.contains("\"") ? "\"" + field.replace("\"", "\"\"") + "\"" : field;
    }
}
