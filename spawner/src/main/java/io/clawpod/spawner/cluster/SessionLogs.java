package io.clawpod.spawner.cluster;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.LogPlace;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.Sessions.LogQuery;
import io.clawpod.spawner.session.Sessions.Logs;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** The logs of sessions, from the time they start. */
final class SessionLogs {
    /** Before a log that broke off is asked for again. */
    private static final Duration PAUSE = Duration.ofMillis(250);

    private final LogStream stream;
    private final SessionStore store;
    private final Clock clock;

    SessionLogs(KubernetesClient client, SessionStore store, Clock clock) {
        this.stream = new LogStream(client);
        this.store = store;
        this.clock = clock;
    }

    Uni<Logs> open(SessionKey key, LogQuery query) {
        Session session = store.find(key);
        if (session == null) {
            return Uni.createFrom()
                    .item(new Logs.Refused(Problem.of(ErrorCode.SESSION_NOT_FOUND, "there is no session " + key)));
        }
        if (hasStarted(session)) {
            return open(session, query);
        }
        if (!query.follow()) {
            return Uni.createFrom()
                    .item(new Logs.Refused(Problem.of(
                            ErrorCode.LOGS_UNAVAILABLE,
                            "session " + key + " is " + session.state().code() + " and has written nothing yet",
                            "follow it, or try again when it runs")));
        }
        return Uni.createFrom()
                .item(new Logs.Stream(store.follow(key)
                        .select()
                        .where(SessionLogs::hasStarted)
                        .select()
                        .first(1)
                        .onItem()
                        .transformToMultiAndConcatenate(
                                started -> stream(started, query).onItem().transformToMulti(bytes -> bytes))));
    }

    private static boolean hasStarted(Session session) {
        return session.startedAt() != null || session.hasEnded();
    }

    private Uni<Logs> open(Session session, LogQuery query) {
        return stream(session, query)
                .onItem()
                .<Logs>transform(Logs.Stream::new)
                .onFailure(KubernetesClientException.class)
                .recoverWithItem(failure -> new Logs.Refused(logProblem(session, failure)));
    }

    private Uni<Multi<byte[]>> stream(Session session, LogQuery query) {
        if (!query.follow()) {
            return stream.open(session.pod(), query);
        }
        return FollowedLog.open(
                asked -> stream.open(session.pod(), asked), query, clock.instant(), () -> isThere(session), PAUSE);
    }

    private boolean isThere(Session session) {
        Session now = store.find(session.key());
        return now != null && now.pod().uid().equals(session.pod().uid());
    }

    /**
     * The log with the times of its lines, from a place on to the agent's end; fails as the client does.
     *
     * @param missing as {@link LogPosition} tells it
     */
    Uni<Multi<byte[]>> resume(Session session, @Nullable LogPlace from, BiConsumer<Instant, Instant> missing) {
        LogPosition position = new LogPosition(new LogQuery(true, null, null, true), clock.instant(), from, missing);
        return FollowedLog.open(asked -> stream.open(session.pod(), asked), position, () -> isThere(session), PAUSE);
    }

    static Problem logProblem(Session session, KubernetesClientException e) {
        boolean gone = e.getCode() == 404 || e.getCode() == 400;
        return gone
                ? Problem.of(ErrorCode.LOGS_UNAVAILABLE, "the logs of session " + session.key() + " are not there")
                : ClusterErrors.problem(e, "read the logs of session " + session.key());
    }
}
