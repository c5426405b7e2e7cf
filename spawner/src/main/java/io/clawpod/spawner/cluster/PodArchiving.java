package io.clawpod.spawner.cluster;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.spawner.session.ArchiveTargets;
import io.clawpod.spawner.session.LogPlace;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionDetail;
import io.clawpod.spawner.session.SessionEvent;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Instant;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Sessions' pods and their logs as the archive sees them. */
final class PodArchiving implements ArchiveTargets {
    private final PodWatch watch;
    private final PodWrites pods;
    private final SessionStore store;
    private final SessionLogs logs;

    PodArchiving(PodWatch watch, PodWrites pods, SessionStore store, SessionLogs logs) {
        this.watch = watch;
        this.pods = pods;
        this.store = store;
        this.logs = logs;
    }

    @Override
    public List<Session> seen() {
        watch.fault().ifPresent(fault -> {
            throw new Refusal(Problem.of(ErrorCode.NOT_READY, fault, "try again when it is right"));
        });
        return store.all();
    }

    @Override
    public Multi<SessionEvent> changes() {
        return store.watch(null);
    }

    @Override
    public Uni<Multi<byte[]>> log(Session session, @Nullable LogPlace from, BiConsumer<Instant, Instant> missing) {
        return logs.resume(session, from, missing)
                .map(stream -> stream.onFailure().transform(failure -> refusal(session, failure)))
                .onFailure()
                .transform(failure -> refusal(session, failure));
    }

    private static Throwable refusal(Session session, Throwable failure) {
        return failure instanceof KubernetesClientException refused
                ? new Refusal(SessionLogs.logProblem(session, refused))
                : failure;
    }

    @Override
    public @Nullable SessionDetail detail(Session session) {
        Session.PodRef ref = session.pod();
        try {
            Pod pod = pods.read(ref.namespace(), ref.name());
            return pod == null || !ref.uid().equals(pod.getMetadata().getUid())
                    ? null
                    : PodDescription.detail(session, pod);
        } catch (KubernetesClientException e) {
            throw new Refusal(ClusterErrors.problem(e, "read session " + session.key()));
        }
    }
}
