package io.clawpod.spawner.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.spawner.cluster.PodEvents.Decision;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.testing.SampleSessions;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PodEventsTest {
    private static final Instant AT = Instant.parse("2026-01-02T03:04:05.6Z");

    private static Event event(String uid, Decision decision, String note) {
        Session session = SampleSessions.running("chat", uid);
        return PodEvents.event(session, decision, note, AT, "one");
    }

    @Test
    void anEventNamesItsPodItsReasonAndWhoTellsIt() {
        Event event = event("u", Decision.REVOKED, "why");
        assertEquals("Pod", event.getRegarding().getKind());
        assertEquals("u", event.getRegarding().getUid());
        assertEquals("SessionRevoked", event.getReason());
        assertEquals("Normal", event.getType());
        assertEquals("why", event.getNote());
        assertEquals("clawpod.io/spawner", event.getReportingController());
        assertEquals("one", event.getReportingInstance());
        assertEquals("2026-01-02T03:04:05.600000Z", event.getEventTime().getTime());
    }

    @ParameterizedTest
    @EnumSource(Decision.class)
    void oneDecisionAboutOnePodHasOneName(Decision decision) {
        String name = event("u", decision, "why").getMetadata().getName();
        assertEquals(name, event("u", decision, "again").getMetadata().getName());
        assertNotEquals(name, event("v", decision, "why").getMetadata().getName());
        // A DNS subdomain (RFC 1123), as names of Events are.
        assertTrue(name.matches("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"), name);
        assertTrue(name.length() <= 253, name);
    }

    @Test
    void aLongNoteIsCutToWhatTheApiTakes() {
        assertEquals(
                1024, event("u", Decision.STOPPING, "x".repeat(5_000)).getNote().length());
    }
}
