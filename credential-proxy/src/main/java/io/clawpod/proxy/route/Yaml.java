package io.clawpod.proxy.route;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.clawpod.common.InvalidValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads one YAML document into maps, lists, strings, longs and booleans. Stricter than YAML: a key that stands twice, an
 * alias, a tag's own type or a second document is refused by its path, because each of them can make a rule mean something
 * that its reader does not see. Pure.
 */
final class Yaml {
    static final int MAX_DEPTH = 12;

    private static final YAMLFactory FACTORY = new YAMLFactory();

    private final YAMLParser parser;

    private Yaml(YAMLParser parser) {
        this.parser = parser;
    }

    /** @throws InvalidValue if {@code bytes} are not one YAML document that begins with a mapping */
    static Map<String, @Nullable Object> read(byte[] bytes) {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new InvalidValue("file", "is not UTF-8", "save it as UTF-8");
        }
        try (YAMLParser parser = FACTORY.createParser(text)) {
            Yaml yaml = new Yaml(parser);
            JsonToken first = parser.nextToken();
            if (first != JsonToken.START_OBJECT) {
                throw new InvalidValue(
                        "file", first == null ? "is empty" : "is no mapping", "begin it with routes: and a list");
            }
            Map<String, @Nullable Object> root = yaml.mapping("", 0);
            if (parser.nextToken() != null) {
                throw new InvalidValue("file", "holds more than one document", "keep one, without ---");
            }
            return root;
        } catch (JsonProcessingException e) {
            // The message would quote the file.
            String where = e.getLocation() == null
                    ? ""
                    : " at line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr();
            throw new InvalidValue("file", "is not YAML" + where, "check indentation, quotes and colons there");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Map<String, @Nullable Object> mapping(String path, int depth) throws IOException {
        Map<String, @Nullable Object> mapping = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            String at = path.isEmpty() ? name : path + "." + name;
            if (mapping.containsKey(name)) {
                throw new InvalidValue(at, "stands twice (line " + line() + ")", "keep one of them");
            }
            parser.nextToken();
            mapping.put(name, value(at, depth + 1));
        }
        return mapping;
    }

    private List<@Nullable Object> sequence(String path, int depth) throws IOException {
        List<@Nullable Object> sequence = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            sequence.add(value(path + "[" + sequence.size() + "]", depth + 1));
        }
        return sequence;
    }

    private @Nullable Object value(String path, int depth) throws IOException {
        if (depth > MAX_DEPTH) {
            throw new InvalidValue(path, "is nested too deep", "nest at most " + MAX_DEPTH + " levels");
        }
        if (parser.isCurrentAlias()) {
            throw new InvalidValue(
                    path, "is an alias (line " + line() + ")", "write it out, or quote it if it is text");
        }
        return switch (parser.currentToken()) {
            case START_OBJECT -> mapping(path, depth);
            case START_ARRAY -> sequence(path, depth);
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT -> whole(path);
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            default -> throw new InvalidValue(path, "is of no known type (line " + line() + ")", "quote it as text");
        };
    }

    private long whole(String path) throws IOException {
        try {
            return parser.getLongValue();
        } catch (JsonProcessingException e) {
            throw new InvalidValue(path, "is too large a number", "write less than 2^63");
        }
    }

    private int line() {
        return parser.currentLocation().getLineNr();
    }
}
