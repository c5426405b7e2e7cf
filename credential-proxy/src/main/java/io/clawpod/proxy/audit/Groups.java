package io.clawpod.proxy.audit;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Names of agent groups as they stand in meters: the first so many, and {@code other} for the rest. Thread-safe. */
final class Groups {
    static final String NONE = "none";
    static final String OTHER = "other";

    private final int most;
    private final Map<String, String> seen = new ConcurrentHashMap<>();

    /** @param most how many names there may be; 1 or more */
    Groups(int most) {
        this.most = most;
    }

    String label(@Nullable String group) {
        if (group == null) {
            return NONE;
        }
        String known = seen.get(group);
        return known != null ? known : admit(group);
    }

    private synchronized String admit(String group) {
        return seen.size() < most ? seen.computeIfAbsent(group, name -> name) : OTHER;
    }
}
