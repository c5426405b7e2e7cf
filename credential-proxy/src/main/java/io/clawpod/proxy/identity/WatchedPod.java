package io.clawpod.proxy.identity;

import io.clawpod.common.InvalidValue;
import io.clawpod.common.Labels;
import io.clawpod.common.SessionKey;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.net.InetAddress;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of a pod.
 *
 * @param session that it carries, if the spawner made it
 * @param group from the annotation, or else the label, that names an agent group
 * @param role likewise
 * @param end why it may not call; absent while its phase is Pending or Running, nobody has asked for its deletion and
 *     nobody has revoked its session
 * @param addresses status.podIP and status.podIPs; empty until the kubelet has reported them
 */
record WatchedPod(
        String uid,
        String namespace,
        String name,
        @Nullable SessionKey session,
        @Nullable String group,
        @Nullable String role,
        @Nullable PodEnd end,
        Set<InetAddress> addresses) {
    WatchedPod {
        addresses = Set.copyOf(addresses);
    }

    static WatchedPod of(Pod pod) {
        ObjectMeta metadata = pod.getMetadata();
        Map<String, String> labels = orEmpty(metadata.getLabels());
        Map<String, String> annotations = orEmpty(metadata.getAnnotations());
        return new WatchedPod(
                metadata.getUid(),
                metadata.getNamespace(),
                metadata.getName(),
                session(labels, annotations),
                annotations.getOrDefault(Labels.ANNOTATION_GROUP, labels.get(Labels.GROUP)),
                annotations.getOrDefault(Labels.ANNOTATION_ROLE, labels.get(Labels.ROLE)),
                end(metadata, annotations.get(Labels.ANNOTATION_REVOKED), pod.getStatus()),
                addresses(pod.getStatus()));
    }

    boolean alive() {
        return end == null;
    }

    private static Map<String, String> orEmpty(@Nullable Map<String, String> map) {
        return map == null ? Map.of() : map;
    }

    private static @Nullable SessionKey session(Map<String, String> labels, Map<String, String> annotations) {
        String install = labels.get(Labels.INSTALL);
        String key = annotations.get(Labels.ANNOTATION_KEY);
        if (install == null || key == null || !Labels.MANAGED_BY_SPAWNER.equals(labels.get(Labels.MANAGED_BY))) {
            return null;
        }
        try {
            return SessionKey.of(install, key);
        } catch (InvalidValue e) {
            return null;
        }
    }

    private static @Nullable PodEnd end(ObjectMeta metadata, @Nullable String revoked, @Nullable PodStatus status) {
        if (revoked != null) {
            // A time that cannot be read revokes as well: whoever wrote it meant to.
            return new PodEnd(PodEnd.Cause.REVOKED, time(revoked));
        }
        Instant deadline = time(metadata.getDeletionTimestamp());
        if (metadata.getDeletionTimestamp() != null) {
            Long grace = metadata.getDeletionGracePeriodSeconds();
            // The API server writes the time at which the grace is over.
            Instant asked = deadline == null || grace == null ? deadline : deadline.minusSeconds(grace);
            return new PodEnd(PodEnd.Cause.DELETED, asked);
        }
        // A pod without a phase has just been made: the API server sets Pending, fakes may leave it out.
        String phase = status == null ? null : status.getPhase();
        return status == null || phase == null || phase.equals("Pending") || phase.equals("Running")
                ? null
                : new PodEnd(PodEnd.Cause.ENDED, finished(status));
    }

    /** When the last of its containers ended. */
    private static @Nullable Instant finished(PodStatus status) {
        return status.getContainerStatuses().stream()
                .map(ContainerStatus::getState)
                .filter(state -> state != null && state.getTerminated() != null)
                .map(state -> time(state.getTerminated().getFinishedAt()))
                .filter(Objects::nonNull)
                .max(Instant::compareTo)
                .orElse(null);
    }

    private static @Nullable Instant time(@Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    private static Set<InetAddress> addresses(@Nullable PodStatus status) {
        Set<InetAddress> addresses = new HashSet<>();
        if (status != null) {
            add(addresses, status.getPodIP());
            for (PodIP ip : status.getPodIPs()) {
                add(addresses, ip.getIp());
            }
        }
        return addresses;
    }

    private static void add(Set<InetAddress> addresses, @Nullable String text) {
        InetAddress address = text == null ? null : PeerAddress.parse(text);
        if (address != null) {
            addresses.add(address);
        }
    }
}
