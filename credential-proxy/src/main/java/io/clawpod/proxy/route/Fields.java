package io.clawpod.proxy.route;

import io.clawpod.common.InvalidValue;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One mapping of the file, read field by field. Every fault names the field by its path; a field that nobody asked for is
 * one, so that a misspelt limit cannot be a limit that does not hold.
 */
final class Fields {
    private final String path;
    private final Map<?, ?> values;
    private final Set<String> asked = new LinkedHashSet<>();

    Fields(String path, Map<?, ?> values) {
        this.path = path;
        this.values = values;
    }

    /** @throws InvalidValue if {@code value} is no mapping */
    static Fields of(String path, @Nullable Object value) {
        if (value instanceof Map<?, ?> mapping) {
            return new Fields(path, mapping);
        }
        throw new InvalidValue(path, is(value) + ", not a mapping", "write fields as name: value under it");
    }

    String at(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    boolean has(String name) {
        asked.add(name);
        return values.containsKey(name);
    }

    @Nullable
    String text(String name) {
        return has(name) ? text(at(name), values.get(name)) : null;
    }

    String requiredText(String name, String remedy) {
        String text = text(name);
        if (text == null) {
            throw new InvalidValue(at(name), "is missing", remedy);
        }
        return text;
    }

    String textOr(String name, String otherwise) {
        String text = text(name);
        return text == null ? otherwise : text;
    }

    boolean truth(String name, boolean otherwise) {
        if (!has(name)) {
            return otherwise;
        }
        if (values.get(name) instanceof Boolean truth) {
            return truth;
        }
        throw new InvalidValue(at(name), is(values.get(name)) + ", not true or false", "write true or false");
    }

    long whole(String name, long otherwise, long max) {
        if (!has(name)) {
            return otherwise;
        }
        if (!(values.get(name) instanceof Long number)) {
            throw new InvalidValue(at(name), is(values.get(name)) + ", not a whole number", "write digits alone");
        }
        if (number < 0 || number > max) {
            throw new InvalidValue(at(name), "is out of range", "write 0 (no limit) to " + max);
        }
        return number;
    }

    Duration duration(String name, Duration otherwise, Duration max) {
        String text = text(name);
        if (text == null) {
            return otherwise;
        }
        Duration read;
        try {
            read = Duration.parse(text);
        } catch (DateTimeParseException e) {
            throw new InvalidValue(at(name), "is no ISO 8601 duration", "write PT30S, PT15M or PT1H");
        }
        if (read.isNegative() || read.compareTo(max) > 0) {
            throw new InvalidValue(at(name), "is out of range", "write PT0S to " + max);
        }
        return read;
    }

    /** The texts of a list, which must have one at least; null if the field is not there. */
    @Nullable
    List<String> texts(String name, String remedy) {
        if (!has(name)) {
            return null;
        }
        List<String> texts = new ArrayList<>();
        for (Object each : list(name, remedy)) {
            texts.add(text(at(name) + "[" + texts.size() + "]", each));
        }
        if (texts.isEmpty()) {
            throw new InvalidValue(at(name), "is empty", remedy);
        }
        return texts;
    }

    List<?> list(String name, String remedy) {
        if (!has(name)) {
            throw new InvalidValue(at(name), "is missing", remedy);
        }
        if (values.get(name) instanceof List<?> list) {
            return list;
        }
        throw new InvalidValue(at(name), is(values.get(name)) + ", not a list", remedy);
    }

    /** The mapping under {@code name}; null if it is not there. */
    @Nullable
    Fields mapping(String name) {
        return has(name) ? of(at(name), values.get(name)) : null;
    }

    Map<?, ?> values() {
        return values;
    }

    /** Ends the reading: whatever was not asked for is refused. */
    void done() {
        for (Object name : values.keySet()) {
            if (!asked.contains(String.valueOf(name))) {
                throw new InvalidValue(
                        at(String.valueOf(name)), "is no field of this place", "use " + String.join(", ", asked));
            }
        }
    }

    private static String text(String at, @Nullable Object value) {
        if (value instanceof String text) {
            return text;
        }
        throw new InvalidValue(at, is(value) + ", not text", "write text, in quotes if it looks like something else");
    }

    private static String is(@Nullable Object value) {
        if (value == null) {
            return "is null";
        }
        if (value instanceof Map) {
            return "is a mapping";
        }
        if (value instanceof List) {
            return "is a list";
        }
        return value instanceof String ? "is text" : value instanceof Long ? "is a number" : "is true or false";
    }
}
