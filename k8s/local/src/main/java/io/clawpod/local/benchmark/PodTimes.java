package io.clawpod.local.benchmark;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * When this process saw each pod reach the stations of its life. The API server's own times have whole seconds only. Times are
 * {@link System#nanoTime}.
 */
final class PodTimes implements ResourceEventHandler<Pod>, AutoCloseable {
    private final Map<String, Times> pods = new ConcurrentHashMap<>();
    private final SharedIndexInformer<Pod> watch;

    /** Stations; 0 for one that was not seen yet. */
    static final class Times {
        private volatile long schedulable;
        private volatile long scheduled;
        private volatile long ended;

        /** Whether all of them were seen. */
        boolean isComplete() {
            return schedulable != 0 && scheduled != 0 && ended != 0;
        }

        /** Waiting for a node. */
        long scheduler() {
            return scheduled - schedulable;
        }

        /** Making the container, running it, and telling of its end. */
        long kubelet() {
            return ended - scheduled;
        }
    }

    PodTimes(KubernetesClient client, String namespace) {
        watch = client.pods().inNamespace(namespace).inform(this);
    }

    /**
     * Of the pod whose name begins so, which has to be one. Waits until all of it was seen: the command may return before.
     *
     * @throws IOException if it is not seen within some seconds
     */
    Times of(String prefix) throws IOException, InterruptedException {
        for (int i = 0; i < 500; i++) {
            Times found = pods.entrySet().stream()
                    .filter(pod -> pod.getKey().startsWith(prefix))
                    .map(Map.Entry::getValue)
                    .filter(Times::isComplete)
                    .findFirst()
                    .orElse(null);
            if (found != null) {
                return found;
            }
            Thread.sleep(20);
        }
        throw new IOException("pod " + prefix + " was not seen from its begin to its end");
    }

    @Override
    public void onAdd(Pod pod) {
        seen(pod);
    }

    @Override
    public void onUpdate(Pod before, Pod pod) {
        seen(pod);
    }

    /** A pod may be gone right after its end, which then comes with this. */
    @Override
    public void onDelete(Pod pod, boolean finalStateUnknown) {
        seen(pod);
    }

    private void seen(Pod pod) {
        long now = System.nanoTime();
        Times times = pods.computeIfAbsent(pod.getMetadata().getName(), name -> new Times());
        boolean gated = pod.getSpec().getSchedulingGates() != null
                && !pod.getSpec().getSchedulingGates().isEmpty();
        if (times.schedulable == 0 && !gated) {
            times.schedulable = now;
        }
        if (times.scheduled == 0 && pod.getSpec().getNodeName() != null) {
            times.scheduled = now;
        }
        boolean ended = pod.getStatus().getContainerStatuses().stream()
                .anyMatch(
                        status -> status.getState() != null && status.getState().getTerminated() != null);
        if (times.ended == 0 && ended) {
            times.ended = now;
        }
    }

    @Override
    public void close() {
        watch.close();
    }
}
