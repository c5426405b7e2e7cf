package io.clawpod.spawner.reap;

import io.clawpod.spawner.reap.HeartbeatFile.Fault;
import io.clawpod.spawner.reap.HeartbeatFile.Outcome;
import io.clawpod.spawner.reap.Reaping.Due;
import io.clawpod.spawner.session.HeartbeatNotes;
import io.clawpod.spawner.session.LastCalls;
import io.clawpod.spawner.session.LifeSigns;
import io.clawpod.spawner.session.Processes;
import io.clawpod.spawner.session.ReapTargets;
import io.clawpod.spawner.session.ReapTargets.Seen;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionState;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Reads the heartbeats of running sessions, each once in {@link HeartbeatSettings#readEvery} and at another moment of it, and
 * notes what changed in their pods. Whoever leads does; two that do both note the same. {@link #look} is called by one thread
 * at a time; the rest is thread-safe.
 */
public final class Heartbeats {
    private static final Logger LOG = Logger.getLogger(Heartbeats.class);
    private static final int AT_ONCE = 4;
    // Knuth, The Art of Computer Programming 6.4: names that differ little are far apart.
    private static final long MIX = 0x9E3779B97F4A7C15L;
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final ReapTargets targets;
    private final HeartbeatFile file;
    private final HeartbeatNotes notes;
    private final LastCalls calls;
    private final HeartbeatSettings settings;
    private final Clock clock;
    private final ConcurrentMap<String, Reading> readings = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, Attempt> attempts = new ConcurrentHashMap<>();
    private final Map<Fault, LongAdder> faults = new EnumMap<>(Fault.class);

    /**
     * The last try to read a heartbeat.
     *
     * @param at when; of one that was not made yet, since when it could have been
     * @param fault absent if it went well
     */
    private record Attempt(
            Instant at, boolean made, @Nullable Fault fault) {}

    public Heartbeats(
            ReapTargets targets,
            Processes processes,
            HeartbeatNotes notes,
            LastCalls calls,
            HeartbeatSettings settings,
            Clock clock) {
        this.targets = targets;
        this.file = new HeartbeatFile(processes, clock, PATIENCE);
        this.notes = notes;
        this.calls = calls;
        this.settings = settings;
        this.clock = clock;
        for (Fault fault : Fault.values()) {
            faults.put(fault, new LongAdder());
        }
    }

    /**
     * Reads what is due, a few at once. To be called every second or so; blocks.
     *
     * @param leads whether this process is to read; without that it forgets what it has read
     */
    public void look(BooleanSupplier leads) {
        if (!leads.getAsBoolean()) {
            attempts.clear();
            readings.clear();
            return;
        }
        List<Session> due;
        try {
            List<Session> beating = beating().toList();
            Map<String, Session> byUid = beating.stream()
                    .collect(Collectors.toMap(session -> session.pod().uid(), session -> session));
            attempts.keySet().retainAll(byUid.keySet());
            readings.keySet().retainAll(byUid.keySet());
            due = beating.stream().filter(this::isDue).toList();
        } catch (Refusal notFresh) {
            return;
        }
        for (int i = 0; i < due.size() && leads.getAsBoolean(); i += AT_ONCE) {
            read(due.subList(i, Math.min(due.size(), i + AT_ONCE)));
        }
    }

    private Stream<Session> beating() {
        return targets.seen().stream()
                .map(Seen::session)
                .filter(session -> session.isRunning() && session.signs().heartbeat() != null);
    }

    private boolean isDue(Session session) {
        String uid = session.pod().uid();
        LifeSigns signs = session.signs();
        Instant now = clock.instant();
        Attempt last = attempts.computeIfAbsent(uid, first -> new Attempt(now, false, null));
        boolean first = !last.made() && signs.fresh() && signs.lastHeartbeat() == null;
        boolean becameStale = signs.staleSince() != null && last.at().isBefore(signs.staleSince());
        boolean becameIdle = Silence.idleAt(session, readings.get(uid), calls.of(uid))
                .filter(at -> !at.isAfter(now) && last.at().isBefore(at))
                .isPresent();
        return first || becameStale || becameIdle || turn(uid, now) > turn(uid, last.at());
    }

    /** Spreads sessions over the interval, the same way at every leader. */
    private long turn(String uid, Instant time) {
        long every = settings.readEvery().toMillis();
        return Math.floorDiv(time.toEpochMilli() - Math.floorMod(uid.hashCode() * MIX, every), every);
    }

    private void read(List<Session> sessions) {
        List<Outcome> outcomes = Uni.join()
                .all(sessions.stream().map(file::read).toList())
                .andCollectFailures()
                .await()
                .indefinitely();
        for (int i = 0; i < sessions.size(); i++) {
            take(sessions.get(i), outcomes.get(i));
        }
    }

    private void take(Session session, Outcome outcome) {
        Fault fault;
        if (outcome instanceof Outcome.Read read) {
            readings.put(session.pod().uid(), read.reading());
            fault = note(session, read.reading());
        } else {
            fault = ((Outcome.Failed) outcome).why();
        }
        Attempt before = attempts.put(session.pod().uid(), new Attempt(clock.instant(), true, fault));
        if (fault == null) {
            return;
        }
        Objects.requireNonNull(faults.get(fault)).increment();
        if (before == null || before.fault() != fault) {
            LOG.warnf(
                    "heartbeat not read session=%s pod=%s fault=%s",
                    session.key(), session.pod().name(), fault.code());
        }
    }

    private @Nullable Fault note(Session session, Reading reading) {
        Instant started = session.startedAt();
        Instant given = reading.modified();
        LifeSigns.Rule heartbeat = session.signs().heartbeat();
        try {
            // What is older than the agent's start, a former agent of the same folder has left.
            if (given != null && started != null && !given.isBefore(started)) {
                if (!given.equals(session.signs().lastHeartbeat())) {
                    notes.given(session, given);
                }
            } else if (heartbeat != null && isMissing(session, heartbeat.maxAge(), reading)) {
                notes.missing(session, reading.at());
            }
            return null;
        } catch (Refusal refusal) {
            return Fault.NOTE;
        }
    }

    private static boolean isMissing(Session session, Duration maxAge, Reading reading) {
        return session.state() == SessionState.RUNNING
                && !session.signs().fresh()
                && session.startedAt() != null
                && reading.isOlderThan(maxAge)
                && session.startedAt().plus(maxAge).isBefore(reading.at());
    }

    /** What is to be ended now because it gives no sign of life. */
    List<Due> silent(List<Seen> sessions, Instant now) {
        return sessions.stream()
                .map(Seen::session)
                .map(session -> {
                    String uid = session.pod().uid();
                    return Silence.due(session, readings.get(uid), calls.of(uid), now, settings);
                })
                .flatMap(Optional::stream)
                .toList();
    }

    /**
     * The greatest age of the last heartbeat of a running session, in seconds, as every replica knows it; of one that has given
     * none, the time since its start. Zero without such sessions, and not a number while sessions cannot be told.
     */
    public double greatestAge() {
        Instant now = clock.instant();
        try {
            OptionalDouble greatest = beating()
                    .flatMap(session -> Stream.of(session.signs().lastHeartbeat(), session.startedAt())
                            .filter(Objects::nonNull)
                            .limit(1))
                    .mapToDouble(last -> Math.max(0, Duration.between(last, now).toMillis() / 1000.0))
                    .max();
            return greatest.orElse(0);
        } catch (Refusal notFresh) {
            return Double.NaN;
        }
    }

    /** How many sessions have a stale heartbeat; not a number while sessions cannot be told. */
    public double stale() {
        try {
            return beating()
                    .filter(session -> session.reason() == Reason.HEARTBEAT_STALE)
                    .count();
        } catch (Refusal notFresh) {
            return Double.NaN;
        }
    }

    /** The names of {@link #failures}. */
    public static List<String> causes() {
        return Arrays.stream(Fault.values()).map(Fault::code).toList();
    }

    /**
     * How many readings of this process failed since its start.
     *
     * @param cause one of {@link #causes}
     */
    public long failures(String cause) {
        return faults.entrySet().stream()
                .filter(entry -> entry.getKey().code().equals(cause))
                .mapToLong(entry -> entry.getValue().sum())
                .sum();
    }
}
