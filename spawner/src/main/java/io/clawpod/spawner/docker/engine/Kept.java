package io.clawpod.spawner.docker.engine;

import io.clawpod.common.Labels;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Archive;
import io.clawpod.spawner.session.LifeSigns;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionRecord;
import io.clawpod.spawner.session.SessionState;
import io.clawpod.spawner.session.Sessions.LogQuery;
import io.clawpod.spawner.session.Sessions.Logs;
import io.clawpod.spawner.session.SpecHash;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Containers that are gone, by what the archive keeps of them. */
final class Kept {
    private final Optional<Archive> archive;

    /** @param archive empty if there is none */
    Kept(Optional<Archive> archive) {
        this.archive = archive;
    }

    boolean isOn() {
        return archive.isPresent();
    }

    SessionKey key(SessionRecord record) {
        return SessionKey.of(record.install(), record.key());
    }

    /**
     * The newest container of that name or id. Fails with an {@link EngineRefusal} if there was none, or if several installs had
     * one.
     */
    Uni<SessionRecord> find(String written) {
        String name = written.startsWith("/") ? written.substring(1) : written;
        return Off.loop(() -> {
            Archive kept = archive.orElseThrow();
            List<SessionRecord> named = kept.newest(key -> key.key().equals(name));
            if (named.isEmpty() && ContainerId.isPrefix(name)) {
                named = kept.newest(key -> ContainerId.of(key).startsWith(name));
            }
            if (named.isEmpty()) {
                throw new EngineRefusal(404, "No such container: " + Call.cut(name));
            }
            if (named.size() > 1) {
                throw new EngineRefusal(
                        400, "more than one container was called " + Call.cut(name) + "; use the whole id");
            }
            return named.get(0);
        });
    }

    /** The session as its record tells it. */
    Session session(SessionRecord record) {
        SessionRecord.Pod pod = record.pod();
        return new Session(
                key(record),
                record.group(),
                record.role(),
                SessionState.ENDED,
                Optional.ofNullable(record.reason()).flatMap(Reason::ofCode).orElse(null),
                record.message(),
                record.exitCode(),
                record.signal(),
                new Session.PodRef(pod.namespace(), pod.name(), pod.uid(), pod.node(), null),
                record.image(),
                new SpecHash(record.specHash()),
                record.createdAt(),
                record.createdAt(),
                record.startedAt(),
                record.endedAt(),
                null,
                LifeSigns.NONE,
                record.restarts(),
                new TreeMap<>(Map.of(Labels.INSTALL, record.install())),
                new Session.Container("", false, record.tty(), false));
    }

    Uni<Multi<byte[]>> log(SessionRecord record, LogQuery query) {
        return archive.orElseThrow().log(record, query).map(logs -> {
            if (logs instanceof Logs.Stream stream) {
                return stream.bytes();
            }
            throw EngineRefusal.of(((Logs.Refused) logs).problem());
        });
    }
}
