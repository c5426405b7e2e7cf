package io.clawpod.spawner.cluster;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Processes;
import io.clawpod.spawner.session.RemoteProcess;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionState;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Streams into the pods of sessions, over the API server. Thread-safe. */
final class ClusterProcesses implements Processes {
    /** How often a container that is about to run is looked at: the watch tells a second or two late. */
    private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

    /** What the API server answers for lack of rights; all else may come right with time. */
    private static final Set<Integer> FINAL = Set.of(401, 403);

    private static final String ATTACH = "attach to";

    private final SessionStore store;
    private final ContainerSockets sockets;
    private final Supplier<Optional<Problem>> staleness;

    /** @param staleness why what the store has could be wrong */
    ClusterProcesses(KubernetesClient client, SessionStore store, Supplier<Optional<Problem>> staleness) {
        this.store = store;
        this.sockets = new ContainerSockets(client);
        this.staleness = staleness;
    }

    /** Where a session is on its way to a running container. */
    private sealed interface Stage {
        record Running(Session session) implements Stage {}

        record Scheduled(Session session) implements Stage {}

        record Waiting(Session session) implements Stage {}

        record Refused(Problem problem) implements Stage {}

        /** Nobody can tell now. */
        record Unknown(Problem problem) implements Stage {}
    }

    private Stage stage(SessionKey key) {
        Optional<Problem> stale = staleness.get();
        if (stale.isPresent()) {
            return new Stage.Unknown(stale.get());
        }
        Session session = store.find(key);
        if (session == null) {
            return new Stage.Refused(Problem.of(ErrorCode.SESSION_NOT_FOUND, "there is no session " + key));
        }
        if (session.state() == SessionState.PENDING) {
            return session.pod().node() == null ? new Stage.Waiting(session) : new Stage.Scheduled(session);
        }
        boolean stopsUnstarted = session.state() == SessionState.STOPPING && session.startedAt() == null;
        return session.hasEnded() || stopsUnstarted
                ? new Stage.Refused(notRunning(session, "start another"))
                : new Stage.Running(session);
    }

    private static Problem notRunning(Session session, String remedy) {
        return Problem.of(
                ErrorCode.SESSION_NOT_RUNNING,
                "session " + session.key() + " is " + session.state().code(),
                remedy);
    }

    @Override
    public Uni<Opening> exec(SessionKey key, Exec exec) {
        return Uni.createFrom().deferred(() -> {
            Stage stage = stage(key);
            if (stage instanceof Stage.Running running) {
                return opened(sockets.exec(running.session().pod(), exec), running.session(), "run a command in");
            }
            return Uni.createFrom().item(new Opening.Refused(problem(stage)));
        });
    }

    private static Problem problem(Stage stage) {
        if (stage instanceof Stage.Scheduled scheduled) {
            return notRunning(scheduled.session(), "try again when it runs");
        }
        if (stage instanceof Stage.Waiting waiting) {
            return notRunning(waiting.session(), "try again when it runs");
        }
        return stage instanceof Stage.Unknown unknown ? unknown.problem() : ((Stage.Refused) stage).problem();
    }

    @Override
    public Uni<Opening> attach(SessionKey key, Attach attach) {
        // Repeated, not chained: a session may be pending for hours, and each link would stay in memory.
        return Uni.createFrom()
                .deferred(() -> tryToAttach(key, attach))
                .repeat()
                .withDelay(LOOK_AGAIN)
                .indefinitely()
                .select()
                .where(Optional::isPresent)
                .toUni()
                .onItem()
                .transform(Optional::orElseThrow);
    }

    /** Empty if it has to be tried again. */
    private Uni<Optional<Opening>> tryToAttach(SessionKey key, Attach attach) {
        Stage stage = stage(key);
        if (stage instanceof Stage.Running running) {
            return opened(sockets.attach(running.session().pod(), attach), running.session(), ATTACH)
                    .onItem()
                    .transform(Optional::of);
        }
        // A watch that is away for a moment ends no wait: that may have lasted for hours.
        if (stage instanceof Stage.Waiting || stage instanceof Stage.Unknown) {
            return Uni.createFrom().item(Optional.empty());
        }
        if (stage instanceof Stage.Scheduled scheduled) {
            Session session = scheduled.session();
            return sockets.probe(session.pod())
                    .onItem()
                    .transformToUni(runs -> sockets.attach(session.pod(), attach))
                    .onItem()
                    .transform(process -> Optional.<Opening>of(new Opening.Opened(process)))
                    .onFailure()
                    .recoverWithItem(failure -> unlessFinal(session, failure));
        }
        return Uni.createFrom().item(Optional.of(new Opening.Refused(((Stage.Refused) stage).problem())));
    }

    private static Optional<Opening> unlessFinal(Session session, Throwable failure) {
        boolean passing = failure instanceof KubernetesClientException e && !FINAL.contains(e.getCode());
        return passing ? Optional.empty() : Optional.of(new Opening.Refused(problem(session, failure, ATTACH)));
    }

    private static Uni<Opening> opened(Uni<RemoteProcess> process, Session session, String what) {
        return process.onItem()
                .<Opening>transform(Opening.Opened::new)
                .onFailure()
                .recoverWithItem(failure -> new Opening.Refused(problem(session, failure, what)));
    }

    /** @param what the attempt, as in "cannot attach to" */
    static Problem problem(Session session, Throwable failure, String what) {
        String attempt = what + " session " + session.key();
        if (failure instanceof ContainerSockets.NoProtocol) {
            return Problem.of(
                    ErrorCode.CLUSTER_UNAVAILABLE,
                    "cannot " + attempt + ": the Kubernetes API does not speak " + RemoteCommand.V5 + " or "
                            + RemoteCommand.V4,
                    "let whatever stands before the API server pass WebSockets");
        }
        if (!(failure instanceof KubernetesClientException e)) {
            return ClusterErrors.unavailable(attempt);
        }
        String said = e.getStatus() == null || e.getStatus().getMessage() == null
                ? ""
                : ": " + e.getStatus().getMessage();
        return switch (e.getCode()) {
            // Behind the watch: the pod has gone, or its container has ended.
            case 404 -> Problem.of(ErrorCode.SESSION_NOT_FOUND, "session " + session.key() + " has just gone");
            case 400 ->
                Problem.of(ErrorCode.SESSION_NOT_RUNNING, "cannot " + attempt + said, "try again if it still runs");
            case 403 -> forbidden(ClusterErrors.problem(e, attempt));
            default -> ClusterErrors.problem(e, attempt);
        };
    }

    private static Problem forbidden(Problem problem) {
        return problem.code() == ErrorCode.POD_REFUSED
                ? Problem.of(ErrorCode.FORBIDDEN, problem.detail(), "change the cluster's admission policies")
                : problem;
    }
}
