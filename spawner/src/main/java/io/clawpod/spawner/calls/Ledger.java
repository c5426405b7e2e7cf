package io.clawpod.spawner.calls;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Adds up what the proxies say. Each counts from its own start, so one that was replaced keeps what it last said, and its
 * successor begins at none. Thread-safe.
 */
final class Ledger {
    /** By the uid of the pod, then by the instance of the proxy. */
    private final Map<String, Map<String, Told>> byPod = new HashMap<>();

    /**
     * What one proxy says of one pod.
     *
     * @param counts by name, each 0 or more
     * @param open calls that go on now
     * @param lastAt when a call last began or ended
     */
    record Told(SortedMap<String, Long> counts, long open, Instant lastAt) {}

    /** Takes all that one proxy says. */
    synchronized void take(String instance, Map<String, Told> pods) {
        pods.forEach((pod, told) ->
                byPod.computeIfAbsent(pod, uid -> new HashMap<>()).put(instance, told));
    }

    /** Takes that only these proxies are there: what others had open is over. */
    synchronized void present(Set<String> instances) {
        for (Map<String, Told> proxies : byPod.values()) {
            proxies.replaceAll((instance, told) ->
                    instances.contains(instance) ? told : new Told(told.counts(), 0, told.lastAt()));
        }
    }

    /** Forgets pods that are not among these and have not called since {@code time}. */
    synchronized void forget(Set<String> living, Instant time) {
        byPod.entrySet()
                .removeIf(pod -> !living.contains(pod.getKey())
                        && pod.getValue().values().stream()
                                .allMatch(told -> told.lastAt().isBefore(time)));
    }

    /** The sums by name; empty if no proxy has named the pod. */
    synchronized Optional<SortedMap<String, Long>> counts(String podUid) {
        List<Told> told = told(podUid);
        if (told.isEmpty()) {
            return Optional.empty();
        }
        SortedMap<String, Long> sums = new TreeMap<>();
        told.forEach(each -> each.counts().forEach((name, count) -> sums.merge(name, count, Long::sum)));
        return Optional.of(sums);
    }

    /** When the pod last called: {@code now} while a call goes on; empty if it never did. */
    synchronized Optional<Instant> lastAt(String podUid, Instant now) {
        List<Told> told = told(podUid);
        if (told.stream().anyMatch(each -> each.open() > 0)) {
            return Optional.of(now);
        }
        return told.stream().map(Told::lastAt).max(Instant::compareTo);
    }

    private List<Told> told(String podUid) {
        return new ArrayList<>(byPod.getOrDefault(podUid, Map.of()).values());
    }
}
