package io.clawpod.spawner.docker.engine;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionEvent;
import io.clawpod.spawner.session.SessionState;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What happens to sessions, in the words of {@code docker events} (Docker Engine API, SystemEvents). Made from the differences
 * between what was and what is, so that all replicas tell the same. Keeps the last thousand, as Docker keeps its last 256.
 * Thread-safe.
 */
final class EngineEvents {
    static final Set<String> FILTERS = Set.of("container", "event", "type", "label", "image", "scope", "daemon");

    private static final int REMEMBERED = 1000;
    private static final long NANOS = 1_000_000_000L;

    private final Clock clock;
    private final Departed departed;
    private final Map<SessionKey, Session> known = new HashMap<>();
    private final ArrayDeque<Happening> recent = new ArrayDeque<>();
    private final Set<Consumer<Happening>> readers = new LinkedHashSet<>();
    private boolean begun;

    EngineEvents(Clock clock, Departed departed) {
        this.clock = clock;
        this.departed = departed;
    }

    /**
     * One event.
     *
     * @param action such as {@code die}
     * @param exitCode with {@code die}
     */
    record Happening(
            Instant at,
            String action,
            Session session,
            @Nullable Integer exitCode) {
        ObjectNode shown() {
            long seconds = at.getEpochSecond();
            ObjectNode shown = Json.object()
                    .put("status", action)
                    .put("id", ContainerId.of(session.key()))
                    .put("from", session.image())
                    .put("Type", "container")
                    .put("Action", action);
            Map<String, String> attributes = new TreeMap<>(session.labels());
            attributes.put("image", session.image());
            attributes.put("name", session.key().key());
            if (exitCode != null) {
                attributes.put("exitCode", exitCode.toString());
            }
            shown.putObject("Actor")
                    .put("ID", ContainerId.of(session.key()))
                    .set("Attributes", Json.object(attributes));
            return shown.put("scope", "local").put("time", seconds).put("timeNano", seconds * NANOS + at.getNano());
        }

        boolean matches(Filters filters) {
            return filters.labelsMatch(session.labels())
                    && (!filters.has("type") || filters.of("type").contains("container"))
                    && (!filters.has("scope") || filters.of("scope").contains("local"))
                    && (!filters.has("event") || filters.of("event").contains(action))
                    && (!filters.has("image") || filters.of("image").contains(session.image()))
                    && (!filters.has("container")
                            || filters.of("container").stream()
                                    .anyMatch(name -> session.key().key().equals(name)
                                            || ContainerId.of(session.key()).startsWith(name)));
        }
    }

    /** Takes what the watch brings. */
    synchronized void take(SessionEvent event) {
        if (event instanceof SessionEvent.Changed changed) {
            seen(changed.session());
        } else if (event instanceof SessionEvent.Removed removed) {
            gone(removed.session());
        } else if (event instanceof SessionEvent.Resync resync) {
            resync(resync.sessions());
        }
    }

    /** What went on before this process began is not told. */
    private void resync(List<Session> now) {
        Map<SessionKey, Session> before = new HashMap<>(known);
        now.forEach(session -> before.remove(session.key()));
        if (begun) {
            now.forEach(this::seen);
            before.values().forEach(this::gone);
        } else {
            now.forEach(session -> known.put(session.key(), session));
            begun = true;
        }
    }

    private void seen(Session now) {
        Session before = known.put(now.key(), now);
        boolean isNew = before == null || !before.pod().uid().equals(now.pod().uid());
        if (before != null && isNew) {
            ended(before, before);
        }
        Session former = isNew ? null : before;
        if (isNew) {
            tell("create", now, null);
        }
        boolean started = now.startedAt() != null && (former == null || former.startedAt() == null);
        if (started) {
            tell("start", now, null);
        }
        if (now.state() == SessionState.STOPPING && (former == null || former.state() != SessionState.STOPPING)) {
            tell("kill", now, null);
        }
        if (now.hasEnded() && (former == null || !former.hasEnded())) {
            die(now);
        }
    }

    private void die(Session session) {
        tell("die", session, Ends.of(session).code());
        if (session.container().autoRemove()) {
            tell("destroy", session, null);
        }
    }

    private void gone(Session last) {
        Session before = known.remove(last.key());
        ended(before == null ? last : before, last);
        departed.add(last);
    }

    private void ended(Session before, Session last) {
        if (!before.hasEnded() && !before.isHeld()) {
            die(last);
        }
        // One that removes itself was told to be gone when it died; one that never ran has not died.
        if (!last.container().autoRemove() || before.isHeld()) {
            tell("destroy", last, null);
        }
    }

    private void tell(String action, Session session, @Nullable Integer exitCode) {
        Happening happening = new Happening(clock.instant(), action, session, exitCode);
        recent.addLast(happening);
        if (recent.size() > REMEMBERED) {
            recent.removeFirst();
        }
        List.copyOf(readers).forEach(reader -> reader.accept(happening));
    }

    /**
     * Hands on what happened from {@code since} on, and then what happens.
     *
     * @param since null for only what is to come
     * @param reader is called in order and must not block
     * @return ends it
     */
    synchronized Runnable read(@Nullable Instant since, Consumer<Happening> reader) {
        if (since != null) {
            new ArrayList<>(recent)
                    .stream()
                            .filter(happening -> !happening.at().isBefore(since))
                            .forEach(reader);
        }
        readers.add(reader);
        return () -> {
            synchronized (this) {
                readers.remove(reader);
            }
        };
    }
}
