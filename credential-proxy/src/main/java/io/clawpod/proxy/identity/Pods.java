package io.clawpod.proxy.identity;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The pods that the watch has shown, by uid. Written by the watch's thread, read by any. */
final class Pods implements ResourceEventHandler<Pod> {
    private final Map<String, WatchedPod> byUid = new ConcurrentHashMap<>();
    private final Consumer<String> ended;

    /** Makes an empty store; {@code ended} is told each uid whose pod lived and does no longer, on the watch's thread. */
    Pods(Consumer<String> ended) {
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
            remove(uidBefore);
        }
        put(pod);
    }

    @Override
    public void onDelete(Pod pod, boolean finalStateUnknown) {
        remove(pod.getMetadata().getUid());
    }

    private void put(WatchedPod pod) {
        byUid.put(pod.uid(), pod);
        if (!pod.alive()) {
            ended.accept(pod.uid());
        }
    }

    private void remove(String uid) {
        byUid.remove(uid);
        ended.accept(uid);
    }
}
