package io.clawpod.proxy.policy;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One policy of a route.
 *
 * @param allow whether it allows or denies
 * @param groups empty for every caller, with a group or without
 * @param roles empty for every caller, with a role or without
 * @param methods empty for every method
 * @param paths one of which must match
 */
public record Rule(
        boolean allow,
        List<NamePattern> groups,
        List<NamePattern> roles,
        Set<String> methods,
        List<PathPattern> paths) {
    public Rule {
        groups = List.copyOf(groups);
        roles = List.copyOf(roles);
        methods = Set.copyOf(methods);
        paths = List.copyOf(paths);
    }

    boolean concerns(String method, @Nullable String group, @Nullable String role) {
        return (methods.isEmpty() || methods.contains(method)) && any(groups, group) && any(roles, role);
    }

    /** Whether a path matches that may be read in these ways: to be allowed in all of them, to be denied in one. */
    boolean matches(Set<List<String>> readings) {
        for (List<String> reading : readings) {
            boolean matched = false;
            for (int i = 0; i < paths.size() && !matched; i++) {
                // An upstream may not tell /Admin from /admin: what is denied is denied in every case of letters.
                matched = paths.get(i).matches(reading, !allow);
            }
            if (matched != allow) {
                return matched;
            }
        }
        return allow;
    }

    private static boolean any(List<NamePattern> patterns, @Nullable String name) {
        if (patterns.isEmpty()) {
            return true;
        }
        for (int i = 0; i < patterns.size(); i++) {
            if (patterns.get(i).matches(name)) {
                return true;
            }
        }
        return false;
    }
}
