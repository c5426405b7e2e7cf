package io.clawpod.proxy.identity;

import io.clawpod.common.Labels;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The informer's own store, with pods stripped to what identity needs: a whole pod is 5 to 20 KiB on the heap, a stripped
 * one is less than 1.
 */
final class SlimPods implements ItemStore<Pod> {
    private static final Set<String> LABELS = Set.of(Labels.MANAGED_BY, Labels.INSTALL, Labels.GROUP, Labels.ROLE);
    private static final Set<String> ANNOTATIONS =
            Set.of(Labels.ANNOTATION_KEY, Labels.ANNOTATION_GROUP, Labels.ANNOTATION_ROLE, Labels.ANNOTATION_REVOKED);

    private final Map<String, Pod> byKey = new ConcurrentHashMap<>();

    static Pod slim(Pod pod) {
        ObjectMeta metadata = pod.getMetadata();
        ObjectMeta kept = new ObjectMeta();
        kept.setUid(metadata.getUid());
        kept.setName(metadata.getName());
        kept.setNamespace(metadata.getNamespace());
        kept.setResourceVersion(metadata.getResourceVersion());
        kept.setDeletionTimestamp(metadata.getDeletionTimestamp());
        kept.setDeletionGracePeriodSeconds(metadata.getDeletionGracePeriodSeconds());
        kept.setLabels(only(LABELS, metadata.getLabels()));
        kept.setAnnotations(only(ANNOTATIONS, metadata.getAnnotations()));
        Pod slim = new Pod();
        slim.setMetadata(kept);
        if (pod.getStatus() != null) {
            PodStatus status = new PodStatus();
            status.setPhase(pod.getStatus().getPhase());
            status.setPodIP(pod.getStatus().getPodIP());
            status.setPodIPs(pod.getStatus().getPodIPs());
            status.setContainerStatuses(ends(pod.getStatus()));
            slim.setStatus(status);
        }
        return slim;
    }

    private static Map<String, String> only(Set<String> names, @Nullable Map<String, String> all) {
        Map<String, String> kept = new HashMap<>();
        if (all != null) {
            names.forEach(name -> kept.computeIfAbsent(name, all::get));
        }
        return kept;
    }

    private static List<ContainerStatus> ends(PodStatus status) {
        return status.getContainerStatuses().stream()
                .filter(container ->
                        container.getState() != null && container.getState().getTerminated() != null)
                .map(container -> new ContainerStatusBuilder()
                        .withName(container.getName())
                        .withNewState()
                        .withNewTerminated()
                        .withFinishedAt(container.getState().getTerminated().getFinishedAt())
                        .endTerminated()
                        .endState()
                        .build())
                .toList();
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
