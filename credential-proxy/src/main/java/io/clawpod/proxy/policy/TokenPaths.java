package io.clawpod.proxy.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Which paths of an upstream issue tokens. As with a policy that denies, one reading of a path is enough, and the case of
 * letters is ignored. Immutable.
 */
public final class TokenPaths {
    /** The last segments of token endpoints: {@code /v1/oauth/token}, {@code /login/oauth/access_token}, and the like. */
    private static final Set<String> LAST =
            Set.of("token", "tokens", "access_token", "access_tokens", "access-token", "refresh_token", "device_token");

    /** Those that are known by their last segment. */
    public static final TokenPaths KNOWN = new TokenPaths(List.of(), List.of());

    private final List<PathPattern> patterns;
    private final List<PathPattern> endpoints;

    private TokenPaths(List<PathPattern> patterns, List<PathPattern> endpoints) {
        this.patterns = List.copyOf(patterns);
        this.endpoints = List.copyOf(endpoints);
    }

    /** The known ones, and those that match one of {@code patterns}, as policies see paths. */
    public static TokenPaths of(List<PathPattern> patterns) {
        return new TokenPaths(patterns, List.of());
    }

    /** These, and the path of one endpoint, as its upstream sees it: with the base path. */
    public TokenPaths and(String endpoint) {
        List<PathPattern> all = new ArrayList<>(endpoints);
        Set<List<String>> readings = Readings.of(endpoint.isEmpty() ? "/" : endpoint);
        if (readings != null) {
            readings.forEach(reading -> all.add(PathPattern.literal(reading)));
        }
        return new TokenPaths(patterns, all);
    }

    /**
     * Whether a path is one of them. One that policies cannot decide about is.
     *
     * @param path as policies see it, before the base path; without a query, like {@code whole}
     * @param whole as the upstream sees it
     */
    public boolean include(String path, String whole) {
        Set<List<String>> readings = Readings.of(path);
        if (readings == null || known(readings) || any(patterns, readings)) {
            return true;
        }
        if (!whole.equals(path)) {
            // What is odd about a base path is its operator's doing, and the same for every call.
            readings = Readings.of(whole);
        }
        return readings != null && (known(readings) || any(endpoints, readings));
    }

    private static boolean known(Set<List<String>> readings) {
        for (List<String> reading : readings) {
            for (int i = reading.size() - 1; i >= 0; i--) {
                if (!reading.get(i).isEmpty()) {
                    if (LAST.contains(reading.get(i).toLowerCase(Locale.ROOT))) {
                        return true;
                    }
                    break;
                }
            }
        }
        return false;
    }

    private static boolean any(List<PathPattern> patterns, Set<List<String>> readings) {
        for (PathPattern pattern : patterns) {
            for (List<String> reading : readings) {
                if (pattern.matches(reading, true)) {
                    return true;
                }
            }
        }
        return false;
    }
}
