package io.clawpod.spawner.image;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a registry wants to see (RFC 9110 section 11.6.1; distribution, "Token Authentication Specification"). */
sealed interface Challenge {
    /** A user's name and password with each request. */
    record Basic() implements Challenge {}

    /**
     * A token.
     *
     * @param realm where to get it
     * @param service whom it is for; empty if not told
     * @param scopes what it has to allow
     */
    record Bearer(String realm, String service, List<String> scopes) implements Challenge {}

    /** Something that we cannot do. */
    record Unknown() implements Challenge {}

    Pattern SCHEME = Pattern.compile("(?:^|,)\\s*(Bearer|Basic)(?=\\s|,|$)", Pattern.CASE_INSENSITIVE);
    Pattern PARAMETER = Pattern.compile("([A-Za-z_]+)\\s*=\\s*(?:\"([^\"]*)\"|([^\\s,\"]+))");

    /** @param headers the values of all WWW-Authenticate headers; a token is preferred */
    static Challenge parse(List<String> headers) {
        Challenge found = new Unknown();
        for (String header : headers) {
            Matcher scheme = SCHEME.matcher(header);
            while (scheme.find()) {
                if (scheme.group(1).equalsIgnoreCase("basic")) {
                    found = new Basic();
                    continue;
                }
                Challenge bearer = bearer(header.substring(scheme.end()));
                if (bearer != null) {
                    return bearer;
                }
            }
        }
        return found;
    }

    private static @Nullable Challenge bearer(String text) {
        Map<String, String> parameters = new HashMap<>();
        Matcher parameter = PARAMETER.matcher(text);
        while (parameter.find()) {
            String value = parameter.group(2) != null ? parameter.group(2) : parameter.group(3);
            parameters.putIfAbsent(parameter.group(1).toLowerCase(Locale.ROOT), value);
        }
        String realm = parameters.get("realm");
        if (realm == null) {
            return null;
        }
        List<String> scopes = new ArrayList<>();
        for (String scope : parameters.getOrDefault("scope", "").split(" ", -1)) {
            if (!scope.isEmpty()) {
                scopes.add(scope);
            }
        }
        return new Bearer(realm, parameters.getOrDefault("service", ""), List.copyOf(scopes));
    }
}
