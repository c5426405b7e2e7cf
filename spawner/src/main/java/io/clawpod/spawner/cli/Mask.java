package io.clawpod.spawner.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.clawpod.spawner.plan.CredentialShapes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes out of an answer what may be a credential. Answers are pasted into tickets, so this hides more than the planner
 * refuses: a value that is hidden without need costs nothing.
 */
final class Mask {
    static final String HIDDEN = "***";

    private static final String WORD =
            "(?:KEY|TOKEN|SECRET|PASS|PASSWORD|PASSWD|PASSPHRASE|PWD|CREDENTIAL|AUTH|AUTHORIZATION|COOKIE|PAT|PIN|DSN|JWT)S?";
    private static final String PART = "(?:APIKEY|TOKEN|SECRET|PASSWORD|PASSPHRASE|CREDENTIAL)";
    private static final Pattern NAME =
            Pattern.compile("(?:^|[_.-])" + WORD + "(?:$|[_.-])|" + PART, Pattern.CASE_INSENSITIVE);
    // What a program is told within a text: NAME=value, --name=value, "name": "value", Name: value; then --name value.
    // Each
    // begins where a word begins and takes it whole, so that no text takes long.
    private static final Pattern ASSIGNED =
            Pattern.compile("(?<![A-Za-z0-9_.-])([A-Za-z0-9_.-]++)(?:[\"']?+\\s*+=\\s*+|[\"']\\s*+:\\s*+|:\\s++)");
    private static final Pattern FLAG = Pattern.compile("(?<![A-Za-z0-9_.-])(--?+[A-Za-z0-9_.-]++)\\s++(?!-)");
    private static final Pattern VALUE = Pattern.compile("\"[^\"]*+\"|'[^']*+'|[\"']?+[^\\s\"';,&]++");
    // RFC 7235 section 2.1, and user information in a URL (RFC 3986 section 3.2.1).
    private static final Pattern SCHEME =
            Pattern.compile("(\\b(?:Bearer|Basic|Digest)\\s++)[^\\s\"';]++", Pattern.CASE_INSENSITIVE);
    private static final Pattern USER_INFO = Pattern.compile("://[^/\\s@\"']++@");

    private final List<String> places = new ArrayList<>();

    /** Masks in place. */
    static List<String> apply(ObjectNode answer) {
        Mask mask = new Mask();
        mask.object(answer, "");
        return List.copyOf(mask.places);
    }

    private void object(ObjectNode node, String path) {
        boolean variable = node.path("name").isTextual() && node.path("value").isTextual();
        if (variable && NAME.matcher(node.path("name").textValue()).find()) {
            hide(node, "value", path);
        }
        for (Map.Entry<String, JsonNode> field : List.copyOf(fields(node))) {
            String place = path.isEmpty() ? field.getKey() : path + "." + field.getKey();
            JsonNode value = field.getValue();
            if (value.isTextual()) {
                // Labels and annotations are named by what they hold.
                boolean named = isMetadata(path) && NAME.matcher(field.getKey()).find();
                if (named) {
                    hide(node, field.getKey(), path);
                } else if (!value.textValue().equals(text(value.textValue()))) {
                    node.put(field.getKey(), text(value.textValue()));
                    places.add(place);
                }
            } else {
                any(value, place);
            }
        }
    }

    private static boolean isMetadata(String path) {
        return path.endsWith("metadata.labels") || path.endsWith("metadata.annotations");
    }

    private static List<Map.Entry<String, JsonNode>> fields(ObjectNode node) {
        List<Map.Entry<String, JsonNode>> fields = new ArrayList<>();
        node.properties().forEach(fields::add);
        return fields;
    }

    private void hide(ObjectNode node, String field, String path) {
        if (!node.path(field).textValue().equals(HIDDEN)) {
            node.put(field, HIDDEN);
            places.add(path + "." + field);
        }
    }

    private void any(JsonNode node, String path) {
        if (node instanceof ObjectNode object) {
            object(object, path);
        } else if (node instanceof ArrayNode array) {
            array(array, path);
        }
    }

    private void array(ArrayNode array, String path) {
        for (int i = 0; i < array.size(); i++) {
            String place = path + "[" + i + "]";
            JsonNode element = array.get(i);
            if (!element.isTextual()) {
                any(element, place);
                continue;
            }
            boolean follows = i > 0
                    && array.get(i - 1).isTextual()
                    && isSecretFlag(array.get(i - 1).textValue());
            String masked = follows ? HIDDEN : text(element.textValue());
            if (!masked.equals(element.textValue())) {
                array.set(i, TextNode.valueOf(masked));
                places.add(place);
            }
        }
    }

    private static boolean isSecretFlag(String word) {
        return word.startsWith("-")
                && word.indexOf('=') < 0
                && NAME.matcher(word).find();
    }

    /** The text without what may be a credential in it. */
    static String text(String text) {
        String masked = USER_INFO.matcher(text).replaceAll("://" + HIDDEN + "@");
        masked = SCHEME.matcher(masked).replaceAll("$1" + HIDDEN);
        masked = named(ASSIGNED, named(FLAG, masked));
        // A credential by its form can stand anywhere in the text and be cut at any place: none of it is shown.
        return CredentialShapes.isCredential(masked) ? HIDDEN : masked;
    }

    /** Hides each value that follows a name, by {@code pattern}, if the name is a credential's. */
    private static String named(Pattern pattern, String text) {
        StringBuilder masked = new StringBuilder();
        Matcher name = pattern.matcher(text);
        Matcher value = VALUE.matcher(text);
        int done = 0;
        int from = 0;
        while (from <= text.length() && name.find(from)) {
            from = name.end();
            if (NAME.matcher(name.group(1)).find()
                    && value.region(from, text.length()).lookingAt()) {
                masked.append(text, done, from).append(HIDDEN);
                done = value.end();
                from = done;
            }
        }
        return masked.append(text, done, text.length()).toString();
    }
}
