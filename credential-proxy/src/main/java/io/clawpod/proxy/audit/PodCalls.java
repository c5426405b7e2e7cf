package io.clawpod.proxy.audit;

import io.clawpod.proxy.audit.Call.Peer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What each pod has called since this process began, for the spawner, which asks for it. Thread-safe. */
public final class PodCalls {
    /** More pods than a namespace is to hold; those above are not counted. */
    static final int MAX = 20_000;

    private final ConcurrentMap<String, Counts> byUid = new ConcurrentHashMap<>();

    /**
     * One pod's calls; all counts are 0 or more.
     *
     * @param open that go on now
     * @param allowed that have ended and were let through to the upstream
     * @param refused that have ended and were not
     * @param receivedBytes of requests' bodies
     * @param sentBytes of answers' bodies
     * @param inputTokens that upstreams said they used
     * @param lastAt when a call last began or ended
     */
    public record Counts(
            int open,
            long allowed,
            long refused,
            long receivedBytes,
            long sentBytes,
            long inputTokens,
            long outputTokens,
            long cacheCreationTokens,
            long cacheReadTokens,
            Instant lastAt) {
        private static Counts none(Instant at) {
            return new Counts(0, 0, 0, 0, 0, 0, 0, 0, 0, at);
        }

        private Counts begun(Instant at) {
            return new Counts(
                    open + 1,
                    allowed,
                    refused,
                    receivedBytes,
                    sentBytes,
                    inputTokens,
                    outputTokens,
                    cacheCreationTokens,
                    cacheReadTokens,
                    at);
        }

        private Counts ended(Call call, Instant at) {
            Usage usage = call.usage();
            return new Counts(
                    open - 1,
                    allowed + (call.isAllowed() ? 1 : 0),
                    refused + (call.isAllowed() ? 0 : 1),
                    receivedBytes + call.received(),
                    sentBytes + call.sent(),
                    inputTokens + usage.input(),
                    outputTokens + usage.output(),
                    cacheCreationTokens + usage.cacheCreation(),
                    cacheReadTokens + usage.cacheRead(),
                    at);
        }
    }

    void begun(String podUid, Instant at) {
        if (byUid.size() < MAX || byUid.containsKey(podUid)) {
            byUid.compute(podUid, (uid, before) -> (before == null ? Counts.none(at) : before).begun(at));
        }
    }

    void ended(Call call, Instant at) {
        @Nullable Peer peer = call.peer();
        if (peer != null) {
            byUid.computeIfPresent(peer.podUid(), (uid, before) -> before.ended(call, at));
        }
    }

    /** All counts, by the uids of pods. */
    public Map<String, Counts> all() {
        return Map.copyOf(byUid);
    }

    /** Forgets pods that have not called since {@code time}, have no call open and live no longer. */
    public void forget(Instant time, Predicate<String> lives) {
        List.copyOf(byUid.keySet())
                .forEach(pod -> byUid.computeIfPresent(
                        pod,
                        (uid, counts) -> counts.open() == 0 && counts.lastAt().isBefore(time) && !lives.test(uid)
                                ? null
                                : counts));
    }
}
