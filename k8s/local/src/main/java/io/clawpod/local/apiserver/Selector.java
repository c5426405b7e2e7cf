package io.clawpod.local.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Label and field selectors, with sets, which the mock's own lack.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors">Selectors</a>
 */
final class Selector implements Predicate<JsonNode> {
    private static final Pattern SET = Pattern.compile("(\\S+)\\s+(in|notin)\\s*\\(([^)]*)\\)");
    private static final Pattern EQUAL = Pattern.compile("([^!=\\s]+)\\s*(==|=|!=)\\s*(\\S*)");
    private static final Pattern EXISTS = Pattern.compile("(!?)\\s*([^!=\\s()]+)");

    private final List<Predicate<JsonNode>> requirements = new ArrayList<>();

    /** @throws ApiFailure if either selector cannot be read */
    static Selector parse(@Nullable String labels, @Nullable String fields) {
        Selector selector = new Selector();
        for (String requirement : split(labels)) {
            selector.requirements.add(requirement(requirement, Selector::label));
        }
        for (String requirement : split(fields)) {
            selector.requirements.add(requirement(requirement, Selector::field));
        }
        return selector;
    }

    private static List<String> split(@Nullable String text) {
        if (text == null || text.isBlank()) {
            return List.of();
        }
        return List.of(text.trim().split("\\s*,\\s*(?![^(]*\\))", -1));
    }

    private static Predicate<JsonNode> requirement(
            String text, Function<String, Function<JsonNode, @Nullable String>> reader) {
        Matcher set = SET.matcher(text);
        if (set.matches()) {
            Function<JsonNode, @Nullable String> value = reader.apply(set.group(1));
            List<String> values = List.of(set.group(3).trim().split("\\s*,\\s*", -1));
            boolean in = set.group(2).equals("in");
            return object -> values.contains(String.valueOf(value.apply(object))) == in;
        }
        Matcher equal = EQUAL.matcher(text);
        if (equal.matches()) {
            Function<JsonNode, @Nullable String> value = reader.apply(equal.group(1));
            String wanted = equal.group(3);
            boolean same = !equal.group(2).equals("!=");
            return object -> wanted.equals(value.apply(object)) == same;
        }
        Matcher exists = EXISTS.matcher(text);
        if (exists.matches()) {
            Function<JsonNode, @Nullable String> value = reader.apply(exists.group(2));
            boolean there = exists.group(1).isEmpty();
            return object -> (value.apply(object) != null) == there;
        }
        throw ApiFailure.badRequest("unable to parse requirement: " + text);
    }

    private static Function<JsonNode, @Nullable String> label(String key) {
        return object -> object.path("metadata").path("labels").path(key).asText(null);
    }

    private static Function<JsonNode, @Nullable String> field(String path) {
        String pointer = "/" + path.replace('.', '/');
        return object -> object.at(pointer).asText("");
    }

    @Override
    public boolean test(JsonNode object) {
        return requirements.stream().allMatch(requirement -> requirement.test(object));
    }
}
