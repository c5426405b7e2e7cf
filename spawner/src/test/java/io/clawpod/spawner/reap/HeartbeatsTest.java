package io.clawpod.spawner.reap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Heartbeat.OnStale;
import io.clawpod.spawner.session.HeartbeatNotes;
import io.clawpod.spawner.session.LastCalls;
import io.clawpod.spawner.session.LifeSigns;
import io.clawpod.spawner.session.Processes.Opening;
import io.clawpod.spawner.session.ReapReason;
import io.clawpod.spawner.session.ReapTargets;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.RemoteProcess.Exit;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionState;
import io.clawpod.spawner.testing.FakeProcesses;
import io.clawpod.spawner.testing.SampleSessions;
import io.clawpod.spawner.testing.TestClock;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class HeartbeatsTest {
    private static final Duration MAX_AGE = Duration.ofSeconds(100);
    private static final Duration EVERY = Duration.ofSeconds(60);

    private final TestClock clock = new TestClock();
    private final Instant start = clock.now;
    private final Map<String, Session> sessions = new TreeMap<>();
    private final Map<String, Instant> files = new HashMap<>();
    private final List<String> noted = new ArrayList<>();
    private final FakeProcesses processes = new FakeProcesses(this::answer);
    private boolean leads = true;
    private boolean fresh = true;
    private boolean noteable = true;

    private final Heartbeats heartbeats = new Heartbeats(
            new Targets(),
            processes,
            new Notes(),
            LastCalls.UNCOUNTED,
            new HeartbeatSettings(EVERY, Duration.ZERO),
            clock);

    private Uni<Opening> answer(SessionKey key) {
        Instant modified = files.get(key.key());
        String file = modified == null ? "" : modified.getEpochSecond() + "\n";
        return FakeProcesses.ending(clock.now.getEpochSecond() + "\n" + file, new Exit.Exited(0));
    }

    private static Refusal refusal() {
        return new Refusal(Problem.of(ErrorCode.CLUSTER_UNAVAILABLE, "the Kubernetes API does not answer"));
    }

    private final class Targets implements ReapTargets {
        @Override
        public List<Seen> seen() {
            if (!fresh) {
                throw refusal();
            }
            return sessions.values().stream()
                    .map(session -> new Seen(session, null))
                    .toList();
        }

        @Override
        public boolean end(Session session, ReapReason why, String note) {
            throw new UnsupportedOperationException();
        }
    }

    private final class Notes implements HeartbeatNotes {
        @Override
        public void given(Session session, Instant at) {
            if (!noteable) {
                throw refusal();
            }
            noted.add(session.key().key() + " given "
                    + Duration.between(start, at).toSeconds());
            LifeSigns before = session.signs();
            put(session.key().key(), new LifeSigns(before.heartbeat(), null, before.fresh(), at, before.staleSince()));
        }

        @Override
        public void missing(Session session, Instant since) {
            noted.add(session.key().key() + " missing");
            LifeSigns before = session.signs();
            put(session.key().key(), new LifeSigns(before.heartbeat(), null, false, null, since));
        }
    }

    private void put(String key, LifeSigns signs) {
        boolean stale = signs.staleSince() != null;
        sessions.put(
                key,
                SampleSessions.of(
                        SessionKey.of("i", key),
                        stale ? SessionState.UNHEALTHY : SessionState.RUNNING,
                        stale ? Reason.HEARTBEAT_STALE : null,
                        start,
                        signs));
    }

    private void put(String key, boolean beats, @Nullable Instant staleSince) {
        LifeSigns.Rule rule = new LifeSigns.Rule("/hb", MAX_AGE, OnStale.END);
        put(key, new LifeSigns(rule, null, beats, beats ? start : null, staleSince));
    }

    private void pass(int seconds) {
        for (int i = 0; i < seconds; i++) {
            clock.now = clock.now.plusSeconds(1);
            heartbeats.look(() -> leads);
        }
    }

    @Test
    void eachIsReadOnceInTheIntervalAndNotAllAtOneMoment() {
        for (int i = 0; i < 30; i++) {
            put("s" + i, true, null);
            files.put("s" + i, start);
        }
        heartbeats.look(() -> leads);
        int most = 0;
        for (int i = 0; i < 120; i++) {
            int before = processes.asked.size();
            pass(1);
            most = Math.max(most, processes.asked.size() - before);
        }
        assertEquals(60, processes.asked.size());
        assertTrue(most < 10, () -> "many at once");
        Map<SessionKey, Integer> times = new HashMap<>();
        processes.asked.forEach(key -> times.merge(key, 1, Integer::sum));
        times.forEach((key, count) -> assertEquals(2, count, key.toString()));
        assertEquals(List.of(), noted, "nothing has changed");
    }

    @Test
    void whatChangedIsNotedAndWhatAFormerAgentLeftIsNot() {
        put("a", true, null);
        put("former", true, null);
        files.put("former", start.minusSeconds(1));
        files.put("a", start.plusSeconds(1));
        pass(61);
        files.put("a", start.plusSeconds(50));
        pass(120);
        assertEquals(List.of("a given 1", "a given 50"), noted);
        assertEquals(131, heartbeats.greatestAge(), 60);
    }

    @Test
    void theFirstIsReadAtOnce() {
        put("a", new LifeSigns(new LifeSigns.Rule("/hb", MAX_AGE, OnStale.END), null, true, null, null));
        files.put("a", start);
        heartbeats.look(() -> leads);
        assertEquals(List.of("a given 0"), noted);
    }

    @Test
    void anAgentThatNeverGivesOneIsNotedOnceItsTimeIsOver() {
        put("a", false, null);
        pass(100);
        assertEquals(List.of(), noted);
        pass(61);
        assertEquals(List.of("a missing"), noted);
        assertEquals(1, heartbeats.stale());
        // Read again at once, and by that the probe is borne out.
        pass(1);
        assertEquals(
                List.of("heartbeat-stale"),
                heartbeats.silent(new Targets().seen(), clock.now).stream()
                        .map(due -> due.why().code())
                        .toList());
    }

    @Test
    void oneThatBecameStaleIsReadAtOnce() {
        put("a", true, null);
        files.put("a", start);
        pass(1);
        clock.now = start.plusSeconds(101);
        put("a", false, clock.now);
        int before = processes.asked.size();
        pass(1);
        assertEquals(before + 1, processes.asked.size());
        assertEquals(1, heartbeats.silent(new Targets().seen(), clock.now).size());
    }

    @Test
    void aFailureIsCountedByItsCauseAndTriedAgainInItsTurn() {
        put("a", true, null);
        processes.answers =
                key -> Uni.createFrom().item(new Opening.Refused(refusal().problem()));
        pass(121);
        assertEquals(2, heartbeats.failures("refused"));
        assertEquals(0, heartbeats.failures("timeout"));
        processes.answers = this::answer;
        files.put("a", start.plusSeconds(3));
        noteable = false;
        pass(60);
        assertEquals(1, heartbeats.failures("note"));
        noteable = true;
        pass(60);
        assertEquals(List.of("a given 3"), noted);
    }

    @Test
    void oneThatDoesNotLeadOrSeeReadsNothing() {
        put("a", true, null);
        leads = false;
        pass(120);
        leads = true;
        fresh = false;
        pass(120);
        assertEquals(List.of(), processes.asked);
        assertTrue(Double.isNaN(heartbeats.greatestAge()));
        assertTrue(Double.isNaN(heartbeats.stale()));
    }

    @Test
    void oneThatLeadsNoLongerForgetsWhatItRead() {
        put("a", true, null);
        files.put("a", start);
        pass(61);
        put("a", false, start.plusSeconds(1));
        clock.now = clock.now.plusSeconds(60);
        leads = false;
        pass(1);
        assertEquals(List.of(), heartbeats.silent(new Targets().seen(), clock.now));
    }

    @Test
    void sessionsWithoutOneAreLeftAlone() {
        put("a", LifeSigns.NONE);
        pass(120);
        assertEquals(List.of(), processes.asked);
        assertEquals(0, heartbeats.greatestAge());
        assertEquals(0, heartbeats.stale());
    }
}
