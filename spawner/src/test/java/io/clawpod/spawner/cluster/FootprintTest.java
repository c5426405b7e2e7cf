package io.clawpod.spawner.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FootprintTest {
    private final Footprint<Pod> pods =
            new Footprint<>(metadata -> new PodBuilder().withMetadata(metadata).build());

    private static Pod pod(String version) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("n")
                .withName("a")
                .withUid("u")
                .withResourceVersion(version)
                .addToLabels("app", "x")
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("agent")
                .endContainer()
                .endSpec()
                .withNewStatus()
                .withPhase("Running")
                .endStatus()
                .build();
    }

    @Test
    void aPodIsKeptAsItsNameAndVersionAlone() {
        String key = pods.getKey(pod("1"));
        assertEquals("n/a", key);
        assertNull(pods.put(key, pod("1")));
        Pod kept = pods.get(key);
        assertNotNull(kept);
        assertEquals(
                new PodBuilder()
                        .withNewMetadata()
                        .withNamespace("n")
                        .withName("a")
                        .withUid("u")
                        .withResourceVersion("1")
                        .endMetadata()
                        .build(),
                kept);
        assertFalse(pods.isFullState());
    }

    @Test
    void aNewVersionTakesThePlaceOfTheOldOne() {
        pods.put("n/a", pod("1"));
        Pod before = pods.put("n/a", pod("2"));
        assertNotNull(before);
        assertEquals("1", before.getMetadata().getResourceVersion());
        assertEquals(1, pods.size());
        assertEquals(List.of("n/a"), pods.keySet().toList());
        assertEquals(
                List.of("2"),
                pods.values().map(pod -> pod.getMetadata().getResourceVersion()).toList());
    }

    @Test
    void aRemovedPodIsGone() {
        pods.put("n/a", pod("1"));
        assertNotNull(pods.remove("n/a"));
        assertNull(pods.remove("n/a"));
        assertNull(pods.get("n/a"));
        assertEquals(0, pods.size());
    }
}
