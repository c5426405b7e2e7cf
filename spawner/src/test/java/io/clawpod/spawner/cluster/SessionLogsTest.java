package io.clawpod.spawner.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.LifeSigns;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.SessionState;
import io.clawpod.spawner.session.Sessions.LogQuery;
import io.clawpod.spawner.session.Sessions.Logs;
import io.clawpod.spawner.testing.RecordedLog;
import io.clawpod.spawner.testing.RecordedLog.Line;
import io.clawpod.spawner.testing.SampleSessions;
import io.clawpod.spawner.testing.StreamServer;
import io.clawpod.spawner.testing.TestClock;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Logs of sessions that have yet to start. */
final class SessionLogsTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final SessionKey KEY = SessionKey.of("i", "k");
    private static final RecordedLog LOG = new RecordedLog(List.of(
            new Line("2026-01-02T03:04:06Z", "one\n"),
            new Line("2026-01-02T03:04:07Z", "two\n"),
            new Line("2026-01-02T03:04:08Z", "three\n")));

    private final StreamServer server = new StreamServer();
    private final KubernetesClient client = server.client();
    private final SessionStore store = new SessionStore("e");
    private final SessionLogs logs = new SessionLogs(client, store, new TestClock());

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    @Test
    void aLogThatIsFollowedFromBeforeTheStartGoesOnAfterItBreaksOff() {
        byte[] whole = LOG.served(null, null);
        AtomicInteger number = new AtomicInteger();
        server.onRequest(request -> {
            if (number.getAndIncrement() > 0) {
                request.response().end(Buffer.buffer(whole));
            } else {
                request.response()
                        .setChunked(true)
                        .write(Buffer.buffer(Arrays.copyOf(whole, whole.length / 2)))
                        .onComplete(written -> request.connection().close());
            }
        });
        store.put(SampleSessions.of(KEY, SessionState.PENDING, Reason.STARTING, null, LifeSigns.NONE));
        Logs.Stream followed = assertInstanceOf(
                Logs.Stream.class,
                logs.open(KEY, new LogQuery(true, null, null, false)).await().atMost(SOON));
        AssertSubscriber<byte[]> reader =
                followed.bytes().subscribe().withSubscriber(AssertSubscriber.create(Long.MAX_VALUE));
        store.put(SampleSessions.of(KEY, SessionState.RUNNING, null, SampleSessions.MADE, LifeSigns.NONE));
        reader.awaitCompletion(SOON);
        StringBuilder text = new StringBuilder();
        reader.getItems().forEach(piece -> text.append(new String(piece, StandardCharsets.UTF_8)));
        assertEquals(LOG.text(false), text.toString());
    }
}
