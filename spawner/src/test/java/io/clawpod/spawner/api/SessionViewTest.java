package io.clawpod.spawner.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.LifeSigns;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionState;
import io.clawpod.spawner.session.SpecHash;
import io.clawpod.spawner.testing.SampleSessions;
import java.time.Instant;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class SessionViewTest {
    private static final JsonMapper JSON = new JsonMapper();

    private static void shows(String expected, SessionView view) throws JsonProcessingException {
        JsonNode actual = JSON.readTree(JSON.writeValueAsString(view));
        assertEquals(JSON.readTree(expected), actual);
    }

    @Test
    void anEndedSessionShowsAllThatIsKnownOfIt() throws JsonProcessingException {
        Session session = new Session(
                SessionKey.of("3f2a9c1e", "agent/1"),
                "Familie Müller",
                "main",
                SessionState.ENDED,
                Reason.OOM_KILLED,
                "why",
                137,
                9,
                new Session.PodRef("clawpod-agents", "agent-1-0123456789", "uid", "node-1", "10.0.0.1"),
                "registry.example/agent:1",
                new SpecHash("ab".repeat(32)),
                Instant.parse("2026-01-02T03:04:05Z"),
                Instant.parse("2026-01-02T03:04:05Z"),
                Instant.parse("2026-01-02T03:04:06Z"),
                Instant.parse("2026-01-02T03:04:07.5Z"),
                Instant.parse("2026-01-02T03:04:06.25Z"),
                new LifeSigns(null, null, false, Instant.parse("2026-01-02T03:04:07Z"), null),
                2,
                new TreeMap<>(),
                new Session.Container("", false, false, false));
        shows("""
                {"install": "3f2a9c1e", "key": "agent/1", "group": "Familie Müller", "role": "main",
                 "state": "ended", "reason": "oom-killed", "message": "why", "exitCode": 137, "signal": 9,
                 "pod": {"namespace": "clawpod-agents", "name": "agent-1-0123456789", "uid": "uid", "node": "node-1",
                         "ip": "10.0.0.1"},
                 "image": "registry.example/agent:1",
                 "specHash": "abababababababababababababababababababababababababababababababab",
                 "createdAt": "2026-01-02T03:04:05Z", "startedAt": "2026-01-02T03:04:06Z",
                 "endedAt": "2026-01-02T03:04:07.500Z", "revokedAt": "2026-01-02T03:04:06.250Z",
                 "lastHeartbeat": "2026-01-02T03:04:07Z",
                 "restarts": 2, "warnings": ["one", "two"]}
                """, SessionView.of(session, List.of("one", "two")));
    }

    @Test
    void whatIsNotKnownIsLeftOut() throws JsonProcessingException {
        shows(
                """
                {"install": "i", "key": "a", "state": "pending",
                 "pod": {"namespace": "clawpod-agents", "name": "%s", "uid": "u"},
                 "image": "registry.example/agent:1",
                 "specHash": "0000000000000000000000000000000000000000000000000000000000000000",
                 "createdAt": "2026-01-02T03:04:05Z"}
                """.formatted(SessionKey.of("i", "a").podName()),
                SessionView.of(SampleSessions.of(SessionKey.of("i", "a"), "u", null, SessionState.PENDING, null)));
    }

    @Test
    void statesAndReasonsAreWrittenAsTheApiDocumentsThem() {
        assertEquals(
                List.of("pending", "running", "unhealthy", "stopping", "ended"),
                List.of(SessionState.values()).stream().map(SessionState::code).toList());
        assertEquals(
                List.of(
                        "held",
                        "unscheduled",
                        "pulling",
                        "starting",
                        "config-error",
                        "restarting",
                        "heartbeat-stale",
                        "completed",
                        "error",
                        "oom-killed",
                        "evicted",
                        "preempted",
                        "drained",
                        "init-failed",
                        "deadline",
                        "stopped",
                        "never-started",
                        "owner-lapsed",
                        "orphaned",
                        "idle",
                        "image-unavailable",
                        "image-not-found",
                        "image-denied",
                        "image-platform",
                        "image-invalid",
                        "registry-unavailable",
                        "schedule-timeout",
                        "pull-timeout",
                        "start-timeout",
                        "unschedulable",
                        "lost"),
                List.of(Reason.values()).stream().map(Reason::code).toList());
    }
}
