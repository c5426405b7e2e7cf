package io.clawpod.proxy.identity;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finds a watch that stands and delivers nothing, while the API server answers: asks the API server about a few of the
 * shown pods at a time, in turn. A pod of another version there is only suspect, for the event may be on its way; it is
 * proof if the watch still shows the old one at the next check. Versions are compared for equality alone, which is all that
 * Kubernetes lets a client do with them.
 *
 * @see <a href="https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions">Resource versions</a>
 */
final class SpotCheck {
    /** How many pods are asked about in one check, besides the suspects. */
    static final int EACH = 5;

    private final SlimPods shown;
    private final Map<String, String> suspects = new HashMap<>();
    private Iterator<String> turn = Collections.emptyIterator();

    SpotCheck(SlimPods shown) {
        this.shown = shown;
    }

    /**
     * Checks. What {@code actual} throws goes through, and the check then says nothing.
     *
     * @param actual the version that the API server has of a pod with this name; null if it has none
     * @return whether the watch has missed an event for sure
     */
    synchronized boolean findsMissedEvent(Function<Pod, @Nullable String> actual) {
        Map<String, String> before = Map.copyOf(suspects);
        suspects.clear();
        boolean missed = false;
        for (Map.Entry<String, String> suspect : before.entrySet()) {
            Pod pod = shown.get(suspect.getKey());
            missed |= pod != null
                    && version(pod).equals(suspect.getValue())
                    && !version(pod).equals(actual.apply(pod));
        }
        if (!turn.hasNext()) {
            turn = shown.keySet().toList().iterator();
        }
        for (int i = 0; i < EACH && turn.hasNext(); i++) {
            String key = turn.next();
            Pod pod = shown.get(key);
            if (pod != null && !version(pod).equals(actual.apply(pod))) {
                suspects.put(key, version(pod));
            }
        }
        return missed;
    }

    private static String version(Pod pod) {
        return pod.getMetadata().getResourceVersion();
    }
}
