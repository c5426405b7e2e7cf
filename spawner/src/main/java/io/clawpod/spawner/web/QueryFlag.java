package io.clawpod.spawner.web;

import io.clawpod.common.InvalidValue;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.Locale;

/** Query parameters that are on when they are there: {@code ?follow}, {@code ?follow=true}, {@code ?follow=false}. */
public final class QueryFlag {
    private QueryFlag() {}

    /** @throws InvalidValue if the value is neither true nor false */
    public static boolean isOn(String name, UriInfo request) {
        // Not by @QueryParam, which takes a parameter without a value for no parameter.
        List<String> values = request.getQueryParameters().getOrDefault(name, List.of("false"));
        String value = values.size() == 1 ? values.get(0).toLowerCase(Locale.ROOT) : "given twice";
        return switch (value) {
            case "", "true" -> true;
            case "false" -> false;
            default ->
                throw new InvalidValue(
                        name, "is not one of true and false", "write ?" + name + " once, or leave it out");
        };
    }
}
