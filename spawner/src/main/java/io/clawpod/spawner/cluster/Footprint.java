package io.clawpod.spawner.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What an informer keeps of each pod or Job: enough to tell versions apart. A whole pod takes tens of KiB, and all that
 * matters of it is in its Session. Thread-safe.
 */
final class Footprint<T extends HasMetadata> implements ItemStore<T> {
    private final ConcurrentMap<String, T> items = new ConcurrentHashMap<>();
    private final Function<ObjectMeta, T> slim;

    /** @param slim makes an object that has nothing but its metadata */
    Footprint(Function<ObjectMeta, T> slim) {
        this.slim = slim;
    }

    @Override
    public String getKey(T item) {
        return Cache.metaNamespaceKeyFunc(item);
    }

    @Override
    public @Nullable T put(String key, T item) {
        return items.put(
                key,
                slim.apply(new ObjectMetaBuilder()
                        .withNamespace(item.getMetadata().getNamespace())
                        .withName(item.getMetadata().getName())
                        .withUid(item.getMetadata().getUid())
                        .withResourceVersion(item.getMetadata().getResourceVersion())
                        .build()));
    }

    @Override
    public @Nullable T remove(String key) {
        return items.remove(key);
    }

    @Override
    public Stream<String> keySet() {
        return items.keySet().stream();
    }

    @Override
    public Stream<T> values() {
        return items.values().stream();
    }

    @Override
    public int size() {
        return items.size();
    }

    @Override
    public @Nullable T get(String key) {
        return items.get(key);
    }

    @Override
    public boolean isFullState() {
        return false;
    }
}
