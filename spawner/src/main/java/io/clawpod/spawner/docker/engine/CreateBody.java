package io.clawpod.spawner.docker.engine;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The body of a container's creation (Docker Engine API, ContainerCreate), put back into the flags of {@code docker run}
 * that say the same, so that there is one translation of what Docker's callers ask for. A field that is set and has no flag
 * is refused by name. Used once.
 */
final class CreateBody {
    /**
     * @param argv as of {@code docker run}
     * @param fields for each element the field that it comes from
     */
    record Argv(List<String> argv, List<String> fields, boolean autoRemove) {}

    /** Of a health check, in the order in which they are refused. */
    private static final Map<String, String> HEALTH = new TreeMap<>(Map.of(
            "Test", "health-cmd",
            "Interval", "health-interval",
            "Timeout", "health-timeout",
            "StartPeriod", "health-start-period",
            "StartInterval", "health-start-interval",
            "Retries", "health-retries"));

    private final List<String> argv = new ArrayList<>();
    private final List<String> fields = new ArrayList<>();
    private final List<String> words = new ArrayList<>();
    private final List<String> wordFields = new ArrayList<>();

    private final String networkMode;

    private CreateBody(String networkMode) {
        this.networkMode = networkMode;
    }

    /**
     * @param name of the container; absent for one that is chosen
     * @throws EngineRefusal if a field has the wrong type, or no counterpart
     */
    static Argv read(JsonNode body, @Nullable String name, @Nullable String platform) {
        CreateBody reading =
                new CreateBody(body.path("HostConfig").path("NetworkMode").asText(""));
        reading.add("run", "");
        if (name != null) {
            reading.flag("name", name, "name");
        }
        if (platform != null) {
            reading.flag("platform", platform, "platform");
        }
        members(body, "", reading::config);
        if (!Json.isUnset(body.path("Image")) && !body.path("Image").isTextual()) {
            throw wrongType("Image", "a text");
        }
        String image = body.path("Image").asText("");
        if (image.isEmpty()) {
            throw new EngineRefusal(400, "Image: is missing; name the image");
        }
        reading.add("--", "Image");
        reading.add(image, "Image");
        reading.argv.addAll(reading.words);
        reading.fields.addAll(reading.wordFields);
        boolean autoRemove = body.path("HostConfig").path("AutoRemove").asBoolean(false);
        return new Argv(List.copyOf(reading.argv), List.copyOf(reading.fields), autoRemove);
    }

    private void add(String element, String field) {
        argv.add(element);
        fields.add(field);
    }

    private void flag(String flag, String value, String field) {
        add("--" + flag + "=" + value, field);
    }

    static void members(JsonNode object, String prefix, BiConsumer<String, JsonNode> reader) {
        if (!object.isObject()) {
            throw wrongType(prefix, "an object");
        }
        object.properties().forEach(member -> reader.accept(member.getKey(), member.getValue()));
    }

    static EngineRefusal wrongType(String field, String right) {
        return new EngineRefusal(400, field + ": has the wrong type; send " + right);
    }

    private void config(String field, JsonNode value) {
        switch (field) {
            case "Image" -> {}
            case "HostConfig" -> {
                if (!value.isNull()) {
                    members(value, field, this::hostConfig);
                }
            }
            case "NetworkingConfig" -> new NetworkingFields(this::flag).read(value, networkMode);
            case "Cmd" -> command(value);
            case "Entrypoint" -> entrypoint(value);
            case "ExposedPorts" -> names(value, "expose", field);
            case "Volumes" -> names(value, "volume", field);
            case "Healthcheck" -> healthcheck(value);
            case "NetworkDisabled" -> {
                if (value.asBoolean()) {
                    flag("network", "none", field);
                }
            }
            default -> common(field, field, value);
        }
    }

    private void hostConfig(String field, JsonNode value) {
        String path = "HostConfig." + field;
        switch (field) {
            case "NanoCpus" -> {
                if (!Json.isUnset(value)) {
                    requireNumber(value, path);
                    flag("cpus", BigDecimal.valueOf(value.asLong(), 9).toPlainString(), path);
                }
            }
            case "PidsLimit" -> {
                if (!Json.isUnset(value)) {
                    requireNumber(value, path);
                    flag("pids-limit", value.asText(), path);
                }
            }
            case "MemorySwappiness" -> {
                if (value.isNumber() && value.asInt() != -1) {
                    flag("memory-swappiness", value.asText(), path);
                }
            }
            case "RestartPolicy" -> restart(value, path);
            case "LogConfig" -> logConfig(value, path);
            case "Mounts" -> mounts(value, path);
            case "Tmpfs" ->
                pairs(value, path, (target, options) -> flag("tmpfs", join(target, ":", options), path + "." + target));
            case "Binds" -> {
                if (!Json.isUnset(value)) {
                    // The docker command line sends them in another order each time; a spec must not depend on that.
                    texts(value, path).stream()
                            .sorted(Comparator.comparing(Text::text))
                            .forEach(bind -> flag("volume", bind.text(), bind.field()));
                }
            }
            case "Ulimits" -> ulimits(value, path);
            case "MaskedPaths", "ReadonlyPaths" -> {
                // An empty list says that nothing is masked, and none that the daemon's own are.
                if (!value.isNull()) {
                    flag("security-opt", "systempaths=unconfined", path);
                }
            }
            default -> common(field, path, value);
        }
    }

    private static void requireNumber(JsonNode value, String path) {
        if (!value.isIntegralNumber()) {
            throw wrongType(path, "a whole number");
        }
    }

    private void common(String field, String path, JsonNode value) {
        if (Json.isUnset(value) || CreateFields.NOTHING.contains(field)) {
            return;
        }
        if (CreateFields.SINGLE.containsKey(field)) {
            if (!value.isValueNode()) {
                throw wrongType(path, "a text or a number");
            }
            flag(CreateFields.SINGLE.get(field), value.asText(), path);
        } else if (CreateFields.SWITCH.containsKey(field)) {
            if (!value.isBoolean()) {
                throw wrongType(path, "true or false");
            }
            flag(CreateFields.SWITCH.get(field), "true", path);
        } else if (CreateFields.LIST.containsKey(field)) {
            texts(value, path).forEach(item -> flag(CreateFields.LIST.get(field), item.text(), item.field()));
        } else if (CreateFields.PAIRS.containsKey(field)) {
            pairs(value, path, (key, text) -> flag(CreateFields.PAIRS.get(field), key + "=" + text, path + "." + key));
        } else if (CreateFields.REFUSED.containsKey(field)) {
            flag(CreateFields.REFUSED.get(field), "given", path);
        } else {
            throw new EngineRefusal(400, path + ": cannot be carried out by a pod; leave it out");
        }
    }

    record Text(String text, String field) {}

    static List<Text> texts(JsonNode value, String path) {
        if (!value.isArray()) {
            throw wrongType(path, "a list of texts");
        }
        List<Text> texts = new ArrayList<>();
        for (int i = 0; i < value.size(); i++) {
            if (!value.get(i).isTextual()) {
                throw wrongType(path + "[" + i + "]", "a text");
            }
            texts.add(new Text(value.get(i).textValue(), path + "[" + i + "]"));
        }
        return texts;
    }

    private void pairs(JsonNode value, String path, BiConsumer<String, String> reader) {
        if (!value.isNull()) {
            members(value, path, (key, text) -> {
                if (!text.isNull() && !text.isTextual()) {
                    throw wrongType(path + "." + key, "a text");
                }
                reader.accept(key, text.isNull() ? "" : text.asText());
            });
        }
    }

    /** An object whose members' names matter. */
    private void names(JsonNode value, String flag, String path) {
        if (!value.isNull()) {
            members(value, path, (name, ignored) -> flag(flag, name, path + "." + name));
        }
    }

    private static String join(String first, String separator, String second) {
        return second.isEmpty() ? first : first + separator + second;
    }

    /** Docker takes a text for a list of one (moby, strslice). */
    private static List<Text> words(JsonNode value, String path) {
        return value.isTextual() ? List.of(new Text(value.textValue(), path)) : texts(value, path);
    }

    private void command(JsonNode value) {
        if (!value.isNull()) {
            words(value, "Cmd").forEach(word -> {
                words.add(word.text());
                wordFields.add(word.field());
            });
        }
    }

    /** What follows the first word of an entrypoint comes before the command. */
    private void entrypoint(JsonNode value) {
        if (value.isNull() || (value.isArray() && value.isEmpty())) {
            return;
        }
        List<Text> entrypoint = words(value, "Entrypoint");
        flag("entrypoint", entrypoint.get(0).text(), entrypoint.get(0).field());
        for (int i = 1; i < entrypoint.size(); i++) {
            words.add(i - 1, entrypoint.get(i).text());
            wordFields.add(i - 1, entrypoint.get(i).field());
        }
    }

    static void requireObject(JsonNode value, String path) {
        if (!value.isNull() && !value.isObject()) {
            throw wrongType(path, "an object");
        }
    }

    private void healthcheck(JsonNode value) {
        requireObject(value, "Healthcheck");
        JsonNode test = value.path("Test");
        if (test.isArray() && test.size() == 1 && "NONE".equals(test.get(0).asText())) {
            flag("no-healthcheck", "true", "Healthcheck");
            return;
        }
        HEALTH.forEach((field, flag) -> {
            if (!Json.isUnset(value.path(field))) {
                flag(flag, "given", "Healthcheck." + field);
            }
        });
    }

    private void restart(JsonNode value, String path) {
        requireObject(value, path);
        String policy = value.path("Name").asText("");
        int count = value.path("MaximumRetryCount").asInt(0);
        if (!policy.isEmpty() && !policy.equals("no")) {
            flag("restart", count > 0 ? policy + ":" + count : policy, path);
        }
    }

    private void logConfig(JsonNode value, String path) {
        requireObject(value, path);
        String type = value.path("Type").asText("");
        if (!type.isEmpty()) {
            flag("log-driver", type, path + ".Type");
        }
        pairs(
                value.path("Config").isObject() ? value.path("Config") : Json.object(),
                path,
                (key, text) -> flag("log-opt", key + "=" + text, path + ".Config." + key));
    }

    private void ulimits(JsonNode value, String path) {
        if (!value.isNull() && !value.isArray()) {
            throw wrongType(path, "a list of limits");
        }
        for (int i = 0; i < value.size(); i++) {
            JsonNode limit = value.get(i);
            String text = limit.path("Name").asText() + "=" + limit.path("Soft").asLong() + ":"
                    + limit.path("Hard").asLong();
            flag("ulimit", text, path + "[" + i + "]");
        }
    }

    private void mounts(JsonNode value, String path) {
        if (!value.isNull() && !value.isArray()) {
            throw wrongType(path, "a list of mounts");
        }
        for (int i = 0; i < value.size(); i++) {
            flag("mount", MountFields.csv(value.get(i), path + "[" + i + "]"), path + "[" + i + "]");
        }
    }
}
