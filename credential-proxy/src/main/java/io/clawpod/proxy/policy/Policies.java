package io.clawpod.proxy.policy;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The policies of one route. What none of them allows is denied, and one that denies is final wherever it stands: their
 * order means nothing, so no merge of two people's edits can open what one of them closed. Pure.
 */
public record Policies(List<Rule> rules) {
    public Policies {
        rules = List.copyOf(rules);
    }

    /**
     * Decides about a call.
     *
     * @param path as the upstream gets it, before the base path; a query is ignored
     */
    public Decision decide(String method, String path, @Nullable String group, @Nullable String role) {
        int query = path.indexOf('?');
        Set<List<String>> readings = Readings.of(query < 0 ? path : path.substring(0, query));
        if (readings == null) {
            return Decision.UNDECIDABLE;
        }
        boolean allowed = false;
        for (int i = 0; i < rules.size(); i++) {
            Rule rule = rules.get(i);
            if (!rule.allow() || !allowed) {
                boolean applies = rule.concerns(method, group, role) && rule.matches(readings);
                if (applies && !rule.allow()) {
                    return Decision.DENIED;
                }
                allowed |= applies;
            }
        }
        return allowed ? Decision.ALLOWED : Decision.NOT_ALLOWED;
    }
}
