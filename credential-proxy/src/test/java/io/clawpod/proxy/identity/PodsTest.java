package io.clawpod.proxy.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PodsTest {
    private final List<String> ended = new ArrayList<>();
    private final Pods pods = new Pods((uid, cause, at) -> ended.add(uid));

    private static Pod pod(String uid, String phase) {
        return new PodBuilder()
                .withNewMetadata()
                .withName("chat-1")
                .withNamespace("agents")
                .withUid(uid)
                .endMetadata()
                .withNewStatus()
                .withPhase(phase)
                .endStatus()
                .build();
    }

    @Test
    void aPodThatEndsIsTold() {
        pods.onAdd(pod("a", "Running"));
        assertEquals(List.of(), ended);
        pods.onUpdate(pod("a", "Running"), pod("a", "Succeeded"));
        assertEquals(List.of("a"), ended);
    }

    @Test
    void aPodThatIsDeletedIsToldAndForgotten() {
        pods.onAdd(pod("a", "Running"));
        pods.onDelete(pod("a", "Running"), true);
        assertEquals(List.of("a"), ended);
        assertNull(pods.find("a"));
    }

    @Test
    void whatIsShownNoLongerIsToldAndForgotten() {
        pods.onAdd(pod("a", "Running"));
        pods.onAdd(pod("b", "Running"));
        pods.retain(pod -> pod.uid().equals("b"));
        assertEquals(List.of("a"), ended);
        assertNull(pods.find("a"));
        assertNotNull(pods.find("b"));
    }

    @Test
    void aPodThatIsMadeAnewUnderItsNameEndsTheOldOne() {
        pods.onAdd(pod("a", "Running"));
        pods.onUpdate(pod("a", "Running"), pod("b", "Running"));
        assertEquals(List.of("a"), ended);
        assertNull(pods.find("a"));
        assertNotNull(pods.find("b"));
    }
}
