package io.clawpod.proxy.identity;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds a watch that stands and delivers nothing, while the API server answers: asks the API server about a few of the
 * shown pods at a time, in turn, and about pods that have called and are not shown. A pod of another version there is only
 * suspect, for the event may be on its way; it is proof if the watch still shows the old one at the next check. Versions are
 * compared for equality alone, which is all that Kubernetes lets a client do with them. Thread-safe.
 *
 * @see <a href="https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions">Resource versions</a>
 */
final class SpotCheck {
    /** How many pods are asked about in one check, besides the suspects. */
    static final int EACH = 5;

    /** What is remembered of a pod that is not shown, in place of a version. */
    private static final String NOT_SHOWN = "";

    private final Supplier<SlimPods> shown;
    private final AtomicBoolean running = new AtomicBoolean();
    // Locked by itself, and never while the API server is asked: the event loop that notes something here may be the
    // one that brings the answer.
    private final Set<String> missing = new LinkedHashSet<>();
    private Map<String, String> suspects = Map.of();
    private Iterator<String> turn = Collections.emptyIterator();

    /** @param shown what the watch shows now */
    SpotCheck(Supplier<SlimPods> shown) {
        this.shown = shown;
    }

    /**
     * Notes that a pod has called which is not shown: it ended, or the watch has missed how it began. Of more than
     * {@link #EACH} between two checks the rest is left out. Never waits for a check.
     *
     * @param key {@code namespace/name}
     */
    void missing(String key) {
        synchronized (missing) {
            if (missing.size() < EACH) {
                missing.add(key);
            }
        }
    }

    /**
     * Checks, unless a check is under way, which may take longer than the time between two. What {@code actual} throws goes
     * through; the check then says nothing, and the next one has the same suspects.
     *
     * @param actual the version that the API server has of the pod with this key; null if it has none
     * @param onMissed run, as part of the check, if the watch has missed an event for sure
     */
    void run(Function<String, @Nullable String> actual, Runnable onMissed) {
        if (!running.compareAndSet(false, true)) {
            return;
        }
        try {
            if (findsMissedEvent(actual)) {
                onMissed.run();
            }
        } finally {
            running.set(false);
        }
    }

    private boolean findsMissedEvent(Function<String, @Nullable String> actual) {
        List<String> unseen = takeMissing();
        boolean missed = false;
        for (Map.Entry<String, String> suspect : suspects.entrySet()) {
            missed |= suspect.getValue().equals(version(suspect.getKey())) && differs(suspect.getKey(), actual);
        }
        if (!turn.hasNext()) {
            turn = shown.get().keySet().toList().iterator();
        }
        Map<String, String> found = new HashMap<>();
        for (int i = 0; i < EACH && turn.hasNext(); i++) {
            suspect(turn.next(), actual, found);
        }
        unseen.forEach(key -> suspect(key, actual, found));
        suspects = found;
        return missed;
    }

    private List<String> takeMissing() {
        synchronized (missing) {
            List<String> taken = List.copyOf(missing);
            missing.clear();
            return taken;
        }
    }

    private void suspect(String key, Function<String, @Nullable String> actual, Map<String, String> found) {
        if (differs(key, actual)) {
            found.put(key, version(key));
        }
    }

    private boolean differs(String key, Function<String, @Nullable String> actual) {
        return !version(key).equals(Objects.requireNonNullElse(actual.apply(key), NOT_SHOWN));
    }

    private String version(String key) {
        Pod pod = shown.get().get(key);
        return pod == null ? NOT_SHOWN : pod.getMetadata().getResourceVersion();
    }
}
