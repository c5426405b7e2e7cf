package io.clawpod.spawner.docker.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.docker.engine.EngineEvents.Happening;
import io.clawpod.spawner.session.Heartbeat.OnStale;
import io.clawpod.spawner.session.LifeSigns;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionEvent;
import io.clawpod.spawner.session.SessionState;
import io.clawpod.spawner.session.SpecHash;
import io.clawpod.spawner.testing.TestClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sessions as Docker's clients see them. */
final class DockerViewTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

    private final TestClock clock = new TestClock();
    private final Departed departed = new Departed(clock);

    /** How a session may be, from its beginning on. */
    private record Sample(String key, String uid, boolean autoRemove, LifeSigns signs) {
        Sample(String key, String uid, boolean autoRemove) {
            this(key, uid, autoRemove, LifeSigns.NONE);
        }

        Session at(SessionState state, @Nullable Reason reason, @Nullable Integer code, @Nullable String message) {
            boolean ran = state != SessionState.PENDING;
            return new Session(
                    SessionKey.of("acme", key),
                    null,
                    null,
                    state,
                    reason,
                    message,
                    code,
                    null,
                    new Session.PodRef("agents", key, uid, null, null),
                    "registry.example/agent:1",
                    new SpecHash("0".repeat(64)),
                    NOW.minusSeconds(key.length() * 60L),
                    NOW.minusSeconds(key.length() * 60L),
                    ran ? NOW.minusSeconds(10) : null,
                    state == SessionState.ENDED ? NOW.minusSeconds(5) : null,
                    null,
                    signs,
                    0,
                    new TreeMap<>(Map.of("group", key)),
                    new Session.Container("sleep 9", false, false, autoRemove));
        }

        Session held() {
            return at(SessionState.PENDING, Reason.HELD, null, null);
        }

        Session starting() {
            return at(SessionState.PENDING, Reason.STARTING, null, null);
        }

        Session running() {
            return at(SessionState.RUNNING, null, null, null);
        }

        Session stopping() {
            return at(SessionState.STOPPING, null, null, null);
        }

        Session ended(int code) {
            return at(SessionState.ENDED, code == 0 ? Reason.COMPLETED : Reason.ERROR, code, null);
        }
    }

    private static final Sample ONE = new Sample("one", "u1", false);
    private static final Sample THREE = new Sample("three", "u3", false);

    // --- states ---

    @ParameterizedTest
    @CsvSource({
        "0, Less than a second",
        "1, 1 second",
        "59, 59 seconds",
        "60, About a minute",
        "119, About a minute",
        "120, 2 minutes",
        "3599, 59 minutes",
        "3600, About an hour",
        "5399, About an hour",
        "5400, 2 hours",
        "169200, 47 hours",
        "172800, 2 days",
        "1207000, 13 days",
        "1209600, 2 weeks",
        "5184000, 2 months",
        "63072000, 2 years",
        "-5, Less than a second",
    })
    void aTimeReadsAsWithDocker(long seconds, String text) {
        assertEquals(text, States.human(Duration.ofSeconds(seconds)));
    }

    @Test
    void aStateHasDockersNameAndStatus() {
        assertEquals("created Created", state(ONE.held()));
        assertEquals("created Starting (starting)", state(ONE.starting()));
        assertEquals("running Up 10 seconds", state(ONE.running()));
        assertEquals("running Up 10 seconds (stopping)", state(ONE.stopping()));
        assertEquals(
                "running Up 10 seconds (unhealthy)",
                state(ONE.at(SessionState.UNHEALTHY, Reason.HEARTBEAT_STALE, null, null)));
        assertEquals("restarting Up 10 seconds", state(ONE.at(SessionState.RUNNING, Reason.RESTARTING, null, null)));
        assertEquals("exited Exited (3) 5 seconds ago", state(ONE.ended(3)));
    }

    private static Sample beating(boolean fresh, @Nullable Instant last) {
        LifeSigns.Rule rule = new LifeSigns.Rule("/hb", Duration.ofMinutes(30), OnStale.REPORT);
        return new Sample("one", "u1", false, new LifeSigns(rule, null, fresh, last, null));
    }

    @Test
    void aHeartbeatIsShownAsDockersHealth() {
        Instant last = NOW.minusSeconds(3);
        Session starting = beating(false, null).running();
        Session healthy = beating(true, last).running();
        Session stale = beating(false, last).at(SessionState.UNHEALTHY, Reason.HEARTBEAT_STALE, null, null);
        assertEquals("running Up 10 seconds (health: starting)", state(starting));
        assertEquals("running Up 10 seconds (healthy)", state(healthy));
        assertEquals("running Up 10 seconds (unhealthy)", state(stale));
        assertEquals(
                "starting",
                Inspection.of(starting, null).at("/State/Health/Status").asText());
        assertEquals(
                "unhealthy",
                Inspection.of(stale, null).at("/State/Health/Status").asText());
        JsonNode health = Inspection.of(healthy, null).at("/State/Health");
        assertEquals("healthy", health.path("Status").asText());
        assertEquals(last.toString(), health.at("/Log/0/End").asText());
        for (Session without : List.of(
                ONE.running(),
                beating(true, last).ended(0),
                beating(false, null).held())) {
            assertTrue(Inspection.of(without, null).at("/State/Health").isMissingNode(), without.toString());
            assertEquals("none", Listing.health(without));
        }
    }

    private static String state(Session session) {
        return States.name(session) + " " + States.status(session, NOW);
    }

    @Test
    void anEndHasACodeOrAReason() {
        assertEquals(new Ends.End(3, null), Ends.of(ONE.ended(3)));
        assertEquals(new Ends.End(137, null), Ends.of(ONE.at(SessionState.ENDED, Reason.STOPPED, null, null)));
        assertEquals(
                new Ends.End(137, "the session ended, evicted: disk"),
                Ends.of(ONE.at(SessionState.ENDED, Reason.EVICTED, null, "disk")));
        assertEquals(
                new Ends.End(127, null),
                Ends.of(ONE.at(
                        SessionState.ENDED, Reason.ERROR, 128, "exec: \"x\": executable file not found in $PATH")));
        assertEquals(
                new Ends.End(126, null),
                Ends.of(ONE.at(SessionState.ENDED, Reason.ERROR, 128, "runc: exec /x: permission denied")));
        assertEquals(
                new Ends.End(128, null), Ends.of(ONE.at(SessionState.ENDED, Reason.ERROR, 128, "it said so itself")));
    }

    // --- lists ---

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                                 | one",
                "{'status':['exited']}              | three",
                "{'status':['running','exited']}    | one three",
                "{'exited':['3']}                   | three",
                "{'exited':['0']}                   | ''",
                "{'name':['^o']}                    | one",
                "{'name':['^/one$']}                | one",
                "{'label':['group=one']}            | one",
                "{'label':['group','group=none']}   | ''",
                "{'ancestor':['agent']}             | one",
                "{'ancestor':['agent:1']}           | one",
                "{'ancestor':['registry.example/agent']} | one",
                "{'ancestor':['gent']}              | ''",
                "{'network':['bridge']}             | one",
                "{'network':['other']}              | ''",
                "{'health':['none']}                | one",
                "{'health':['healthy']}             | ''",
                "{'before':['one']}                 | ''",
                "{'since':['three']}                | one",
                "{'before':['one'],'status':['exited']} | three",
            })
    void aListIsFiltered(String filters, String names) {
        Filters parsed = Filters.parse(filters.replace('\'', '"'), Listing.FILTERS);
        List<String> listed = new ArrayList<>();
        Listing.of(List.of(ONE.running(), THREE.ended(3)), parsed, false, null, NOW)
                .forEach(entry -> listed.add(entry.at("/Names/0").asText().substring(1)));
        assertEquals(names, String.join(" ", listed));
    }

    @Test
    void aLimitIsOfTheNewestWhateverTheirState() {
        List<Session> all = List.of(ONE.ended(0), THREE.running());
        assertEquals(1, Listing.of(all, Filters.NONE, false, 1, NOW).size());
        assertEquals(
                "/one",
                Listing.of(all, Filters.NONE, false, 1, NOW).at("/0/Names/0").asText());
        assertEquals(2, Listing.of(all, Filters.NONE, true, null, NOW).size());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'status':['asleep']} | 400",
                "{'name':['(']}        | 400",
                "{'before':['none']}   | 404",
            })
    void aFilterThatMeansNothingIsRefused(String filters, int status) {
        Filters parsed = Filters.parse(filters.replace('\'', '"'), Listing.FILTERS);
        assertEquals(
                status,
                assertThrows(EngineRefusal.class, () -> Listing.of(List.of(ONE.running()), parsed, true, null, NOW))
                        .status());
    }

    // --- those that were stopped ---

    @Test
    void aStoppedOneIsRememberedUntilItIsRemovedOrOld() {
        departed.add(ONE.stopping());
        assertEquals(SessionState.ENDED, departed.all().get(0).state());
        assertEquals(clock.now, departed.all().get(0).endedAt());
        clock.now = clock.now.plus(Departed.REMEMBERED).plusSeconds(1);
        assertEquals(List.of(), departed.all());
        departed.add(THREE.ended(0));
        departed.forget(THREE.ended(0));
        assertEquals(List.of(), departed.all());
    }

    @Test
    void oneThatRemovesItselfOrNeverRanOrWasRemovedIsNot() {
        departed.add(new Sample("auto", "u", true).ended(0));
        departed.add(ONE.held());
        departed.forget(THREE.running());
        departed.add(THREE.stopping());
        assertEquals(List.of(), departed.all());
    }

    @Test
    void noMoreAreRememberedThanTheBound() {
        for (int i = 0; i <= Departed.MAX; i++) {
            departed.add(new Sample("k" + i, "u" + i, false).stopping());
        }
        assertEquals(Departed.MAX, departed.all().size());
        assertTrue(
                departed.all().stream().noneMatch(session -> session.key().key().equals("k0")));
    }

    // --- events ---

    private List<String> told(SessionEvent... events) {
        EngineEvents engine = new EngineEvents(clock, departed);
        engine.take(new SessionEvent.Resync("0", List.of()));
        List<String> told = new ArrayList<>();
        engine.read(null, happening -> told.add(name(happening)));
        for (SessionEvent event : events) {
            engine.take(event);
        }
        return told;
    }

    private static String name(Happening happening) {
        return happening.action() + (happening.exitCode() == null ? "" : "=" + happening.exitCode());
    }

    private static SessionEvent changed(Session session) {
        return new SessionEvent.Changed("1", session);
    }

    private static SessionEvent removed(Session session) {
        return new SessionEvent.Removed("2", session);
    }

    @Test
    void aRunThatRemovesItselfIsToldToItsEndAndItsPodIsNotToldAgain() {
        Sample auto = new Sample("auto", "u", true);
        assertEquals(
                List.of("create", "start", "die=3", "destroy"),
                told(
                        changed(auto.held()),
                        changed(auto.starting()),
                        changed(auto.running()),
                        changed(auto.ended(3)),
                        removed(auto.ended(3))));
        assertEquals(List.of("create", "destroy"), told(changed(auto.held()), removed(auto.held())));
    }

    @Test
    void aStopIsAKillAndADeath() {
        assertEquals(
                List.of("create", "start", "kill", "die=137", "destroy"),
                told(changed(ONE.running()), changed(ONE.stopping()), removed(ONE.stopping())));
    }

    @Test
    void aPodThatTakesAnothersPlaceIsAnotherContainer() {
        Sample next = new Sample("one", "u2", false);
        assertEquals(
                List.of("create", "start", "die=137", "destroy", "create", "start"),
                told(changed(ONE.running()), changed(next.running())));
    }

    @Test
    void whatWentOnUnseenIsToldWithTheResync() {
        assertEquals(
                List.of("create", "start", "create", "start", "die=0", "die=137", "destroy"),
                told(
                        changed(ONE.running()),
                        new SessionEvent.Resync("3", List.of(THREE.ended(0))),
                        new SessionEvent.Resync("4", List.of(THREE.ended(0)))));
    }

    @Test
    void whatWasThereAtTheBeginningIsNotTold() {
        EngineEvents engine = new EngineEvents(clock, departed);
        List<String> told = new ArrayList<>();
        engine.read(Instant.EPOCH, happening -> told.add(name(happening)));
        engine.take(new SessionEvent.Resync("0", List.of(ONE.running())));
        assertEquals(List.of(), told);
        engine.take(changed(ONE.ended(0)));
        assertEquals(List.of("die=0"), told);
        List<String> later = new ArrayList<>();
        Runnable end = engine.read(clock.now, happening -> later.add(name(happening)));
        assertEquals(List.of("die=0"), later);
        end.run();
        engine.take(removed(ONE.ended(0)));
        assertEquals(List.of("die=0"), later);
        assertEquals(List.of("die=0", "destroy"), told);
    }
}
