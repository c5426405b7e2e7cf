package io.clawpod.proxy.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.proxy.testing.MovableClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TrailTest {
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final AuditOutput output = new AuditOutput(meters, written);
    private final Trail trail = new Trail(output, meters, new MovableClock(), Spans.NONE, 2);

    private static Call.Peer peer(@Nullable String group) {
        return new Call.Peer("3f2a9c1e/chat", null, group, "main", "chat-1", "uid-1");
    }

    private List<JsonObject> lines() throws InterruptedException {
        output.stop(new ShutdownEvent());
        return written.toString(StandardCharsets.UTF_8)
                .lines()
                .map(JsonObject::new)
                .toList();
    }

    @Test
    void aCallIsOneLineOfTypedFields() throws Exception {
        Call call = trail.begin(
                "POST", "/v1/mess\nages", List.of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
        call.identified(peer("family"));
        call.routed("anthropic", "/");
        call.allowed("api-key");
        call.received(7);
        call.answered(200);
        call.sent(3);
        call.sent(4);
        call.usage(10, 20, 30, 40);
        call.usage(0, 1, 0, 0);
        call.end(End.COMPLETED);
        call.end(End.BROKEN);

        List<JsonObject> lines = lines();
        assertEquals(1, lines.size());
        JsonObject line = lines.get(0);
        assertEquals(call.id(), line.getString("id"));
        assertTrue(line.getValue("millis") instanceof Integer);
        assertTrue(line.getValue("firstByteMillis") instanceof Integer);
        for (String measured : List.of("id", "millis", "firstByteMillis")) {
            line.remove(measured);
        }
        assertEquals(
                new JsonObject()
                        .put("timestamp", "2026-01-02T03:04:05Z")
                        .put("loggerName", "io.clawpod.proxy.audit")
                        .put("level", "INFO")
                        .put("message", "call")
                        .put("trace", "4bf92f3577b34da6a3ce929d0e0e4736")
                        .put("session", "3f2a9c1e/chat")
                        .putNull("serviceAccount")
                        .put("group", "family")
                        .put("role", "main")
                        .put("pod", "chat-1")
                        .put("route", "anthropic")
                        .put("method", "POST")
                        .put("path", "/v1/mess\nages")
                        .put("decision", "allow")
                        .putNull("denied")
                        .putNull("code")
                        .put("status", 200)
                        .put("credential", "api-key")
                        .put("received", 7)
                        .put("sent", 7)
                        .put("inputTokens", 10)
                        .put("outputTokens", 21)
                        .put("cacheCreationTokens", 30)
                        .put("cacheReadTokens", 40)
                        .put("end", "completed"),
                line);
        assertEquals(
                1,
                meters.get("clawpod.proxy.calls")
                        .tags(
                                "route", "anthropic",
                                "group", "family",
                                "decision", "allow",
                                "credential", "api-key",
                                "status", "2xx",
                                "end", "completed")
                        .counter()
                        .count());
        assertEquals(1, meters.get("clawpod.proxy.first.byte").timer().count());
        assertEquals(
                21,
                meters.get("clawpod.proxy.tokens")
                        .tags("group", "family", "kind", "output")
                        .counter()
                        .count());
    }

    @Test
    void aRefusedCallHasNoFirstByteAndNoGroup() throws Exception {
        Call call = trail.begin("-", "-", List.of());
        call.answered(401, "unauthenticated");
        call.end(End.REFUSED);
        JsonObject line = lines().get(0);
        assertNull(line.getValue("firstByteMillis"));
        assertNull(line.getValue("pod"));
        assertEquals("unauthenticated", line.getString("code"));
        assertEquals("refuse", line.getString("decision"));
        assertEquals("4xx", meters.get("clawpod.proxy.calls").counter().getId().getTag("status"));
        assertTrue(meters.find("clawpod.proxy.first.byte").timers().isEmpty());
    }

    @Test
    void groupsBeyondTheBoundCountAsOthers() {
        for (String group : new String[] {"a", "b", "c", "d", "a", null}) {
            Call call = trail.begin("GET", "/", List.of());
            call.identified(peer(group));
            call.end(End.REFUSED);
        }
        assertEquals(2, count("a"));
        assertEquals(1, count("b"));
        assertEquals(2, count("other"));
        assertEquals(1, count("none"));
    }

    private double count(String group) {
        return meters.get("clawpod.proxy.calls").tag("group", group).counter().count();
    }

    @Test
    void linesThatCannotBeWrittenAreCounted() throws Exception {
        AuditOutput full = new AuditOutput(meters, new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("no space left on device");
            }
        });
        full.write(new byte[] {'{', '}', '\n'});
        full.stop(new ShutdownEvent());
        assertEquals(1, meters.get("clawpod.proxy.audit.lost").counter().count());
    }

    @Test
    void aPodsCallsAreCountedAndForgottenOnceItIsGone() {
        Call allowed = trail.begin("POST", "/", List.of());
        allowed.identified(peer("family"));
        Call refused = trail.begin("POST", "/", List.of());
        refused.identified(peer("family"));
        assertEquals(
                List.of(2),
                trail.pods().all().values().stream().map(PodCalls.Counts::open).toList());
        trail.pods().forget(Instant.MAX, uid -> false);

        allowed.allowed("api-key");
        allowed.received(7);
        allowed.sent(3);
        allowed.usage(10, 20, 30, 40);
        allowed.end(End.COMPLETED);
        allowed.end(End.BROKEN);
        refused.end(End.REFUSED);
        trail.begin("GET", "/unknown", List.of()).end(End.REFUSED);

        Instant at = new MovableClock().instant();
        assertEquals(
                Map.of("uid-1", new PodCalls.Counts(0, 1, 1, 7, 3, 10, 20, 30, 40, at)),
                trail.pods().all());
        trail.pods().forget(Instant.MAX, "uid-1"::equals);
        trail.pods().forget(at, uid -> false);
        assertEquals(1, trail.pods().all().size());
        trail.pods().forget(at.plusNanos(1), uid -> false);
        assertEquals(Map.of(), trail.pods().all());
    }
}
