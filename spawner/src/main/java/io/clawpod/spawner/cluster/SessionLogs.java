package io.clawpod.spawner.cluster;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.Sessions.LogQuery;
import io.clawpod.spawner.session.Sessions.Logs;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.smallrye.mutiny.Uni;

/** The logs of sessions, from the time they start. */
final class SessionLogs {
    private final LogStream stream;
    private final SessionStore store;

    SessionLogs(KubernetesClient client, SessionStore store) {
        this.stream = new LogStream(client);
        this.store = store;
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
                        .transformToMultiAndConcatenate(started ->
                                stream.open(started.pod(), query).onItem().transformToMulti(bytes -> bytes))));
    }

    private static boolean hasStarted(Session session) {
        return session.startedAt() != null || session.hasEnded();
    }

    private Uni<Logs> open(Session session, LogQuery query) {
        return stream.open(session.pod(), query)
                .onItem()
                .<Logs>transform(Logs.Stream::new)
                .onFailure(KubernetesClientException.class)
                .recoverWithItem(failure -> new Logs.Refused(logProblem(session, failure)));
    }

    private static Problem logProblem(Session session, KubernetesClientException e) {
        boolean gone = e.getCode() == 404 || e.getCode() == 400;
        return gone
                ? Problem.of(ErrorCode.LOGS_UNAVAILABLE, "the logs of session " + session.key() + " are not there")
                : ClusterErrors.problem(e, "read the logs of session " + session.key());
    }
}
