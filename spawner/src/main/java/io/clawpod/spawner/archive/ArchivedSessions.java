package io.clawpod.spawner.archive;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Admission;
import io.clawpod.spawner.session.Archive;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionDetail;
import io.clawpod.spawner.session.SessionEvent;
import io.clawpod.spawner.session.SessionRecord;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.session.Sessions;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Sessions whose logs outlive their pods. None is made while what it leaves could not be kept. Thread-safe.
 */
public final class ArchivedSessions implements Sessions {
    private final Sessions live;
    private final Archive archive;

    public ArchivedSessions(Sessions live, Archive archive) {
        this.live = live;
        this.archive = archive;
    }

    /** Why no pod may be made for this key; one that is there already is another matter. */
    private Optional<Problem> refusal(SessionKey key) {
        Optional<Problem> problem = archive.refusal();
        if (problem.isEmpty()) {
            return problem;
        }
        Session known = live.find(key);
        boolean adopts =
                known != null && !(known.hasEnded() && known.container().autoRemove());
        return adopts ? Optional.empty() : problem;
    }

    @Override
    public Admission admit(SessionKey key, SessionSpec spec, Terms terms) {
        Optional<Problem> problem = refusal(key);
        return problem.isPresent() ? new Admission.Refused(problem.get()) : live.admit(key, spec, terms);
    }

    @Override
    public Preview preview(SessionKey key, SessionSpec spec) {
        Optional<Problem> problem = refusal(key);
        return problem.isPresent() ? new Preview.Refused(problem.get()) : live.preview(key, spec);
    }

    /** A start after the end makes another pod. */
    @Override
    public Start start(SessionKey key) {
        Session known = live.find(key);
        Optional<Problem> problem = known != null && known.hasEnded() ? archive.refusal() : Optional.empty();
        return problem.isPresent() ? new Start.Refused(problem.get()) : live.start(key);
    }

    @Override
    public Start restart(SessionKey key, @Nullable Duration grace) {
        Optional<Problem> problem = archive.refusal();
        return problem.isPresent() ? new Start.Refused(problem.get()) : live.restart(key, grace);
    }

    /** From the pod while it has the log, else from the archive. */
    @Override
    public Uni<Logs> logs(SessionKey key, LogQuery query) {
        return live.logs(key, query).chain(logs -> {
            if (!(logs instanceof Logs.Refused refused)
                    || !isGone(key, refused.problem().code())) {
                return Uni.createFrom().item(logs);
            }
            return Uni.createFrom()
                    .item(() -> kept(key))
                    .runSubscriptionOn(Infrastructure.getDefaultWorkerPool())
                    .chain(kept -> kept.isPresent()
                            ? archive.log(kept.get(), query)
                            : Uni.createFrom().item(logs));
        });
    }

    private Optional<SessionRecord> kept(SessionKey key) {
        Session known = live.find(key);
        return Optional.ofNullable(archive.newest(key))
                .filter(record ->
                        known == null || known.pod().uid().equals(record.pod().uid()));
    }

    private boolean isGone(SessionKey key, ErrorCode code) {
        if (code == ErrorCode.SESSION_NOT_FOUND) {
            return true;
        }
        Session known = live.find(key);
        return code == ErrorCode.LOGS_UNAVAILABLE && (known == null || known.hasEnded());
    }

    @Override
    public @Nullable Session find(SessionKey key) {
        return live.find(key);
    }

    @Override
    public List<Session> list(Predicate<Session> filter) {
        return live.list(filter);
    }

    @Override
    public Stop stop(SessionKey key, @Nullable Duration grace) {
        return live.stop(key, grace);
    }

    @Override
    public Revocation revoke(SessionKey key) {
        return live.revoke(key);
    }

    @Override
    public Multi<SessionEvent> watch(@Nullable String lastSeen) {
        return live.watch(lastSeen);
    }

    @Override
    public Multi<Session> follow(SessionKey key) {
        return live.follow(key);
    }

    @Override
    public @Nullable SessionDetail detail(SessionKey key) {
        return live.detail(key);
    }
}
