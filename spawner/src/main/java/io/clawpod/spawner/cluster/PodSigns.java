package io.clawpod.spawner.cluster;

import io.clawpod.common.Labels;
import io.clawpod.spawner.session.Heartbeat.OnStale;
import io.clawpod.spawner.session.LifeSigns;
import io.fabric8.kubernetes.api.model.ContainerStateRunning;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads from a pod how its session shows that it lives. What somebody has made unreadable counts as absent. Pure. */
final class PodSigns {
    private PodSigns() {}

    /** @param agent the agent's container; absent before there is one */
    static LifeSigns of(Pod pod, @Nullable ContainerStatus agent) {
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        return new LifeSigns(
                rule(annotations),
                read(annotations.get(Labels.ANNOTATION_IDLE), Duration::parse).orElse(null),
                agent != null && Boolean.TRUE.equals(agent.getReady()),
                read(annotations.get(Labels.ANNOTATION_LAST_HEARTBEAT), Instant::parse)
                        .orElse(null),
                staleSince(pod, agent).orElse(null));
    }

    private static LifeSigns.@Nullable Rule rule(Map<String, String> annotations) {
        String file = annotations.get(Labels.ANNOTATION_HEARTBEAT_FILE);
        Optional<Duration> maxAge = read(annotations.get(Labels.ANNOTATION_HEARTBEAT_MAX_AGE), Duration::parse);
        return file == null || maxAge.isEmpty()
                ? null
                : new LifeSigns.Rule(
                        file,
                        maxAge.get(),
                        Optional.ofNullable(annotations.get(Labels.ANNOTATION_HEARTBEAT_ON_STALE))
                                .flatMap(OnStale::ofCode)
                                .orElse(OnStale.REPORT));
    }

    /** Since when the heartbeat of a running agent is stale; empty while it is not, or may be on its way to its first. */
    static Optional<Instant> staleSince(Pod pod, @Nullable ContainerStatus agent) {
        ContainerStateRunning running = agent == null || agent.getState() == null
                ? null
                : agent.getState().getRunning();
        if (agent == null || running == null || Boolean.TRUE.equals(agent.getReady())) {
            return Optional.empty();
        }
        Optional<Instant> started = PodConditions.time(running.getStartedAt());
        return PodConditions.of(pod.getStatus(), "Ready")
                .flatMap(ready -> PodConditions.time(ready.getLastTransitionTime()))
                .filter(unready -> started.isPresent() && unready.isAfter(started.get()))
                // One that never was ready is only noted, and for one start of the agent.
                .or(() -> read(
                                pod.getMetadata().getAnnotations().get(Labels.ANNOTATION_HEARTBEAT_MISSING),
                                Instant::parse)
                        .filter(since -> started.isPresent() && !since.isBefore(started.get())));
    }

    private static <T> Optional<T> read(@Nullable String text, Function<String, T> parse) {
        try {
            return Optional.ofNullable(text).map(parse);
        } catch (DateTimeParseException | ArithmeticException e) {
            return Optional.empty();
        }
    }
}
