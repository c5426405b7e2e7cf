package io.clawpod.spawner.docker.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.docker.DockerRun;
import io.clawpod.spawner.session.Processes;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionState;
import io.clawpod.spawner.session.Sessions;
import io.clawpod.spawner.session.Sessions.Start;
import io.clawpod.spawner.session.Sessions.Stop;
import io.clawpod.spawner.testing.SampleSessions;
import io.clawpod.spawner.testing.TestClock;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which containers are remembered once their pods are gone. */
final class LifecycleTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final SessionKey KEY = SessionKey.of("i", "k");

    private final TestClock clock = new TestClock();
    private final Sessions sessions = mock(Sessions.class);
    private final Departed departed = new Departed(clock);
    private final Lifecycle life = new Lifecycle(
            sessions,
            new Containers(sessions, departed),
            new DockerRun(null, null, () -> "run"),
            new Signals(new Exchanges(mock(Processes.class))),
            SOON,
            clock);

    private static Session session(String uid, SessionState state, @Nullable Reason reason) {
        return SampleSessions.of(KEY, uid, "g", state, reason);
    }

    private void thereIs(Session session) {
        when(sessions.find(KEY)).thenReturn(session);
        when(sessions.list(any())).thenAnswer(asked -> {
            Predicate<Session> filter = asked.getArgument(0);
            return Stream.of(session).filter(filter).toList();
        });
    }

    private static Call call(String force) {
        RoutingContext context = mock(RoutingContext.class);
        HttpServerRequest request = mock(HttpServerRequest.class);
        when(context.pathParam("id")).thenReturn(KEY.key());
        when(context.request()).thenReturn(request);
        when(request.getParam("force")).thenReturn(force);
        return new Call(context, new ObjectMapper());
    }

    private static int status(Uni<Reply> answer) {
        return answer.await().atMost(SOON).status();
    }

    private List<String> remembered() {
        return departed.all().stream().map(session -> session.pod().uid()).toList();
    }

    private void start(Session from, Session to) {
        thereIs(from);
        when(sessions.start(KEY)).thenReturn(new Start.Started(to, false));
        when(sessions.follow(KEY)).thenReturn(Multi.createFrom().item(to));
        assertEquals(204, status(life.start(call("0"))));
    }

    @Test
    void oneThatWasStartedIsRememberedAfterItsStop() {
        start(session("u", SessionState.PENDING, Reason.HELD), session("u", SessionState.RUNNING, null));
        departed.add(session("u", SessionState.STOPPING, null));
        assertEquals(List.of("u"), remembered());
    }

    @Test
    void oneWhosePlaceAnotherTakesIsNot() {
        start(session("u", SessionState.ENDED, Reason.COMPLETED), session("next", SessionState.RUNNING, null));
        departed.add(session("u", SessionState.ENDED, Reason.COMPLETED));
        assertEquals(List.of(), remembered());
        departed.add(session("next", SessionState.STOPPING, null));
        assertEquals(List.of("next"), remembered());
    }

    @Test
    void oneThatIsRemovedIsNot() {
        Session running = session("u", SessionState.RUNNING, null);
        thereIs(running);
        when(sessions.stop(KEY, Duration.ZERO)).thenReturn(new Stop.Stopping(running));
        when(sessions.follow(KEY)).thenReturn(Multi.createFrom().empty());
        assertEquals(204, status(life.remove(call("1"))));
        departed.add(session("u", SessionState.STOPPING, null));
        assertEquals(List.of(), remembered());
    }

    @Test
    void oneWhoseRemovalIsRefusedStaysToBeRemembered() {
        thereIs(session("u", SessionState.RUNNING, null));
        when(sessions.stop(KEY, Duration.ZERO))
                .thenReturn(new Stop.Refused(Problem.of(ErrorCode.CLUSTER_UNAVAILABLE, "no answer")));
        Uni<Reply> removal = life.remove(call("1"));
        assertThrows(EngineRefusal.class, () -> status(removal));
        departed.add(session("u", SessionState.STOPPING, null));
        assertEquals(List.of("u"), remembered());
    }
}
