package io.clawpod.proxy.identity;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The pods that the watch has shown, by uid. Written by the watch's thread, read by any. */
final class Pods implements ResourceEventHandler<Pod> {
    private final Map<String, WatchedPod> byUid = new ConcurrentHashMap<>();
    private final PodEndListener ended;

    /** Makes an empty store; {@code ended} is told of each pod that lives no longer, on the watch's thread. */
    Pods(PodEndListener ended) {
        this.ended = ended;
    }

    @Nullable
    WatchedPod find(String uid) {
        return byUid.get(uid);
    }

    int size() {
        return byUid.size();
    }

    @Override
    public void onAdd(Pod pod) {
        put(WatchedPod.of(pod));
    }

    @Override
    public void onUpdate(Pod before, Pod after) {
        WatchedPod pod = WatchedPod.of(after);
        String uidBefore = before.getMetadata().getUid();
        if (!pod.uid().equals(uidBefore)) {
            // A watch that was away sees a pod made anew under the same name as an update.
            remove(uidBefore, null);
        }
        put(pod);
    }

    @Override
    public void onDelete(Pod pod, boolean finalStateUnknown) {
        WatchedPod last = WatchedPod.of(pod);
        remove(last.uid(), last.end());
    }

    /** Takes those away that are shown no longer, as if they had been told to be deleted. */
    void retain(Predicate<WatchedPod> shown) {
        byUid.values().forEach(pod -> {
            if (!shown.test(pod)) {
                remove(pod.uid(), null);
            }
        });
    }

    private void put(WatchedPod pod) {
        WatchedPod before = byUid.put(pod.uid(), pod);
        PodEnd end = pod.end();
        if (end != null) {
            boolean lived = before != null && before.alive();
            ended.ended(pod.uid(), end.cause().label(), lived ? end.at() : null);
        }
    }

    private void remove(String uid, @Nullable PodEnd end) {
        WatchedPod before = byUid.remove(uid);
        boolean lived = before != null && before.alive();
        PodEnd.Cause cause = end == null ? PodEnd.Cause.DELETED : end.cause();
        ended.ended(uid, cause.label(), lived && end != null ? end.at() : null);
    }
}
