package io.clawpod.spawner.docker.testing;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Admission;
import io.clawpod.spawner.session.LifeSigns;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionDetail;
import io.clawpod.spawner.session.SessionEvent;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.session.SessionState;
import io.clawpod.spawner.session.Sessions;
import io.clawpod.spawner.session.SpecHash;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Answers as told and remembers what it was asked. */
public final class FakeSessions implements Sessions {
    public Admission admission = new Admission.Refused(Problem.of(ErrorCode.NOT_READY, "no answer set"));
    public Preview preview = new Preview.Refused(Problem.of(ErrorCode.NOT_READY, "no answer set"));
    public @Nullable SessionKey admitted;
    public @Nullable SessionKey previewed;

    public static Session session(String image) {
        return new Session(
                SessionKey.of("3f2a9c1e", "agent-1"),
                null,
                null,
                SessionState.PENDING,
                null,
                null,
                null,
                null,
                new Session.PodRef("clawpod-agents", "agent-1-0123456789", "uid", null, null),
                image,
                new SpecHash("0".repeat(64)),
                Instant.EPOCH,
                Instant.EPOCH,
                null,
                null,
                null,
                LifeSigns.NONE,
                0,
                new TreeMap<>(),
                new Session.Container("", false, false, false));
    }

    @Override
    public Admission admit(SessionKey key, SessionSpec spec, Terms terms) {
        admitted = key;
        return admission;
    }

    @Override
    public Start start(SessionKey key) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Start restart(SessionKey key, @Nullable Duration grace) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Multi<Session> follow(SessionKey key) {
        throw new UnsupportedOperationException();
    }

    @Override
    public @Nullable SessionDetail detail(SessionKey key) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Preview preview(SessionKey key, SessionSpec spec) {
        previewed = key;
        return preview;
    }

    @Override
    public @Nullable Session find(SessionKey key) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<Session> list(Predicate<Session> filter) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Stop stop(SessionKey key, @Nullable Duration grace) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Revocation revoke(SessionKey key) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Uni<Logs> logs(SessionKey key, LogQuery query) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Multi<SessionEvent> watch(@Nullable String lastSeen) {
        throw new UnsupportedOperationException();
    }
}
