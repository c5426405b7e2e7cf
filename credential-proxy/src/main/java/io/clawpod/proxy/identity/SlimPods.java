package io.clawpod.proxy.identity;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The informer's own store, with pods stripped to what identity needs: a whole pod is 5 to 20 KiB on the heap, a stripped
 * one is less than 1.
 */
final class SlimPods implements ItemStore<Pod> {
    private final Map<String, Pod> byKey = new ConcurrentHashMap<>();

    static Pod slim(Pod pod) {
        ObjectMeta metadata = pod.getMetadata();
        ObjectMeta kept = new ObjectMeta();
        kept.setUid(metadata.getUid());
        kept.setName(metadata.getName());
        kept.setNamespace(metadata.getNamespace());
        kept.setResourceVersion(metadata.getResourceVersion());
        kept.setDeletionTimestamp(metadata.getDeletionTimestamp());
        Pod slim = new Pod();
        slim.setMetadata(kept);
        if (pod.getStatus() != null) {
            PodStatus status = new PodStatus();
            status.setPhase(pod.getStatus().getPhase());
            status.setPodIP(pod.getStatus().getPodIP());
            status.setPodIPs(pod.getStatus().getPodIPs());
            slim.setStatus(status);
        }
        return slim;
    }

    @Override
    public String getKey(Pod pod) {
        return Cache.metaNamespaceKeyFunc(pod);
    }

    @Override
    public @Nullable Pod put(String key, Pod pod) {
        return byKey.put(key, slim(pod));
    }

    @Override
    public @Nullable Pod remove(String key) {
        return byKey.remove(key);
    }

    @Override
    public Stream<String> keySet() {
        return byKey.keySet().stream();
    }

    @Override
    public Stream<Pod> values() {
        return byKey.values().stream();
    }

    @Override
    public int size() {
        return byKey.size();
    }

    @Override
    public @Nullable Pod get(String key) {
        return byKey.get(key);
    }

    @Override
    public boolean isFullState() {
        return false;
    }
}
