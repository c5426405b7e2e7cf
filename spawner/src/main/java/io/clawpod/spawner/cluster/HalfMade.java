package io.clawpod.spawner.cluster;

import io.clawpod.spawner.cluster.PodEvents.Decision;
import io.clawpod.spawner.cluster.PodWrites.Creation;
import io.clawpod.spawner.plan.MountReviews;
import io.clawpod.spawner.plan.PodFiles;
import io.clawpod.spawner.session.FileContent;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Optional;
import java.util.SortedMap;
import org.jboss.logging.Logger;

/**
 * Makes whole what another spawner left half made, or takes it away: a pod whose files cannot be had again would never start.
 * All methods block; thread-safe.
 */
final class HalfMade {
    private static final Logger LOG = Logger.getLogger(HalfMade.class);

    private final PodWrites writes;
    private final PodEvents events;
    private final MountReviews mounts;

    HalfMade(PodWrites writes, PodEvents events, MountReviews mounts) {
        this.writes = writes;
        this.events = events;
        this.mounts = mounts;
    }

    /** @param pod as it was last seen; whoever made it was stopped before its Secret was there */
    void complete(Pod pod) {
        Optional<SortedMap<String, FileContent>> files = PodFiles.again(pod, mounts::read);
        if (files.isEmpty()) {
            openOrTakeAway(pod);
        } else if (writes.complete(pod, files.get()) instanceof Creation.Created) {
            completed(pod);
        }
    }

    private void openOrTakeAway(Pod pod) {
        String name = pod.getMetadata().getName();
        try {
            if (writes.hasSecret(pod)) {
                // It has the files too, since both are written at once.
                if (writes.open(pod) instanceof Creation.Created) {
                    completed(pod);
                }
                return;
            }
            // One that its maker has completed in the meantime has changed, and stays.
            if (writes.deleteUnchanged(pod)) {
                LOG.warnf("half-made pod removed, its files are not kept pod=%s", name);
                tell(
                        pod,
                        Decision.FILES_LOST,
                        "Whoever made the pod was stopped before its files were there, and they cannot be read again;"
                                + " make the session again.");
            }
        } catch (KubernetesClientException e) {
            LOG.warnf("half-made pod left for later pod=%s status=%d", name, e.getCode());
        }
    }

    private void completed(Pod pod) {
        LOG.infof("session completed pod=%s", pod.getMetadata().getName());
        tell(pod, Decision.COMPLETED, "Whoever made the pod was stopped before its token was there; now it is.");
    }

    private void tell(Pod pod, Decision decision, String note) {
        Classifier.classify(pod).ifPresent(session -> events.tell(session, decision, note));
    }
}
