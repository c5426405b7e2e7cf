package io.clawpod.proxy.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.clawpod.common.SessionKey;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WatchedPodTest {
    private static PodBuilder pod(@Nullable String phase) {
        return new PodBuilder()
                .withNewMetadata()
                .withName("chat-1")
                .withNamespace("agents")
                .withUid("uid-1")
                .endMetadata()
                .withNewStatus()
                .withPhase(phase)
                .withPodIP("10.0.0.1")
                .endStatus();
    }

    /** As it comes out of the informer's store. */
    private static WatchedPod watched(Pod pod) {
        return WatchedPod.of(SlimPods.slim(pod));
    }

    @ParameterizedTest
    @CsvSource({"Pending, true", "Running, true", "Succeeded, false", "Failed, false", "Unknown, false", ", true"})
    void aPodLivesInTwoPhases(@Nullable String phase, boolean alive) {
        WatchedPod watched = watched(pod(phase).build());
        assertEquals(alive, watched.alive());
        assertEquals(Set.of(Objects.requireNonNull(PeerAddress.parse("10.0.0.1"))), watched.addresses());
    }

    @Test
    void itEndsWhenItsDeletionIsAskedForAndNotWhenTheGraceIsOver() {
        Pod deleted = pod("Running")
                .editMetadata()
                .withDeletionTimestamp("2026-01-01T00:00:30Z")
                .withDeletionGracePeriodSeconds(30L)
                .endMetadata()
                .build();
        assertEquals(
                new PodEnd(PodEnd.Cause.DELETED, Instant.parse("2026-01-01T00:00:00Z")),
                watched(deleted).end());
    }

    @Test
    void itEndsWithItsLastContainer() {
        Pod ended = pod("Failed")
                .editStatus()
                .addNewContainerStatus()
                .withName("side")
                .withNewState()
                .withNewTerminated()
                .withFinishedAt("2026-01-01T00:00:07Z")
                .endTerminated()
                .endState()
                .endContainerStatus()
                .addNewContainerStatus()
                .withName("agent")
                .withNewState()
                .withNewTerminated()
                .withFinishedAt("2026-01-01T00:00:09Z")
                .endTerminated()
                .endState()
                .endContainerStatus()
                .endStatus()
                .build();
        assertEquals(
                new PodEnd(PodEnd.Cause.ENDED, Instant.parse("2026-01-01T00:00:09Z")),
                watched(ended).end());
    }

    @ParameterizedTest
    @CsvSource({"2026-01-01T00:00:00.250Z, 2026-01-01T00:00:00.250Z", "yes, ", "'', "})
    void aRevokedSessionIsOverWhateverTheTimeSays(String written, @Nullable String at) {
        Pod revoked = pod("Running")
                .editMetadata()
                .addToAnnotations("clawpod.io/revoked", written)
                .endMetadata()
                .build();
        assertEquals(
                new PodEnd(PodEnd.Cause.REVOKED, at == null ? null : Instant.parse(at)),
                watched(revoked).end());
    }

    @Test
    void theVerbatimGroupWinsOverTheLabel() {
        Pod both = pod("Running")
                .editMetadata()
                .withLabels(Map.of(
                        "nanoclaw-group", "family-chat",
                        "nanoclaw-role", "main",
                        "nanoclaw-install", "3f2a9c1e",
                        "app.kubernetes.io/managed-by", "clawpod-spawner"))
                .withAnnotations(Map.of("clawpod.io/group", "Family Chat", "clawpod.io/key", "chat"))
                .endMetadata()
                .build();
        WatchedPod watched = watched(both);
        assertEquals("Family Chat", watched.group());
        assertEquals("main", watched.role());
        assertEquals(SessionKey.of("3f2a9c1e", "chat"), watched.session());
    }

    @Test
    void aPodThatTheSpawnerDidNotMakeCarriesNoSession() {
        Pod other = pod("Running")
                .editMetadata()
                .withLabels(Map.of("nanoclaw-install", "3f2a9c1e"))
                .withAnnotations(Map.of("clawpod.io/key", "chat"))
                .endMetadata()
                .build();
        assertNull(watched(other).session());
    }
}
