package io.clawpod.spawner.docker;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.docker.Flag.Option;
import io.clawpod.spawner.session.Mount;
import io.clawpod.spawner.session.Tmpfs;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code --mount}: fields as in one line of CSV (RFC 4180), each {@code key=value} (github.com/docker/cli, opts/mount). */
final class MountSyntax {
    private static final Map<String, String> ALIASES =
            Map.of("src", "source", "dst", "target", "destination", "target", "ro", "readonly");

    private MountSyntax() {}

    static void apply(Option option, Draft draft) {
        Map<String, String> fields = fields(option.value());
        String type = fields.getOrDefault("type", "volume").toLowerCase(Locale.ROOT);
        switch (type) {
            case "bind" -> bind(fields, option, draft);
            case "tmpfs" -> tmpfs(fields, option, draft);
            case "volume", "image", "npipe", "cluster" ->
                draft.unsupported(
                        option, "asks for a mount of type " + type + ", which only Docker has", MountFlags.NO_VOLUMES);
            default -> throw new InvalidValue("", "has a type that is not known", "use type=bind or type=tmpfs");
        }
    }

    private static void bind(Map<String, String> fields, Option option, Draft draft) {
        List<String> changes = new ArrayList<>();
        fields.forEach((key, value) -> {
            switch (key) {
                case "type", "source", "target", "readonly", "consistency" -> {}
                case "bind-propagation" -> {
                    switch (value) {
                        case "private", "rprivate" -> {}
                        case "slave", "rslave" ->
                            changes.add(value + ": what the host mounts below it after the start is not seen");
                        default ->
                            throw new InvalidValue(
                                    "", "has a bind-propagation that cannot be given to a pod", "leave it out");
                    }
                }
                case "bind-recursive", "bind-nonrecursive" ->
                    changes.add(key + ": whether mounts below it are seen is up to the volume");
                default -> throw unknown();
            }
        });
        String source = required(fields, "source");
        boolean readOnly = isTrue(fields.get("readonly"));
        MountFlags.bind(new Mount(source, required(fields, "target"), readOnly), changes, option, draft);
    }

    private static void tmpfs(Map<String, String> fields, Option option, Draft draft) {
        List<String> changes = new ArrayList<>();
        fields.keySet().forEach(key -> {
            switch (key) {
                case "type", "target", "tmpfs-size", "consistency" -> {}
                case "readonly" -> {
                    if (isTrue(fields.get(key))) {
                        throw new InvalidValue("", "is a read-only empty folder", "leave out 'readonly'");
                    }
                }
                case "tmpfs-mode" -> changes.add(key + ": the folder is root's with the pod's group, writable by all");
                default -> throw unknown();
            }
        });
        String size = fields.get("tmpfs-size");
        Long bytes = size == null || Sizes.bytes(size) == 0 ? null : Long.valueOf(Sizes.bytes(size));
        MountFlags.tmpfs(new Tmpfs(required(fields, "target"), bytes), changes, option, draft);
    }

    private static InvalidValue unknown() {
        return new InvalidValue(
                "", "has a field that its type does not know", "use type, source, target, readonly and tmpfs-size");
    }

    private static String required(Map<String, String> fields, String key) {
        String value = fields.get(key);
        if (value == null || value.isEmpty()) {
            throw new InvalidValue("", "has no " + key, "write type=bind,source=/host/path,target=/path");
        }
        return value;
    }

    private static boolean isTrue(@Nullable String value) {
        if (value == null) {
            return false;
        }
        return switch (value) {
            case "true", "1" -> true;
            case "false", "0" -> false;
            default -> throw new InvalidValue("", "has a readonly that is neither true nor false", "write readonly");
        };
    }

    private static Map<String, String> fields(String text) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (String field : csv(text)) {
            int equals = field.indexOf('=');
            String key = (equals < 0 ? field : field.substring(0, equals)).toLowerCase(Locale.ROOT);
            key = ALIASES.getOrDefault(key, key);
            if (equals < 0 && !key.equals("readonly") && !key.equals("bind-nonrecursive")) {
                throw new InvalidValue("", "is not a list of key=value fields", "write type=bind,source=…,target=…");
            }
            fields.put(key, equals < 0 ? "true" : field.substring(equals + 1));
        }
        return fields;
    }

    private static List<String> csv(String line) {
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '"' && quoted && i + 1 < line.length() && line.charAt(i + 1) == '"') {
                field.append(c);
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (c == ',' && !quoted) {
                fields.add(field.toString());
                field.setLength(0);
            } else {
                field.append(c);
            }
        }
        if (quoted) {
            throw new InvalidValue("", "has a quote that is not closed", "close it, or leave it out");
        }
        fields.add(field.toString());
        return fields;
    }

    /** All but the options of a volume's driver, among which a network share's password can be. */
    static String shown(String value) {
        return value.toLowerCase(Locale.ROOT).contains("volume-opt") ? "" : value;
    }
}
