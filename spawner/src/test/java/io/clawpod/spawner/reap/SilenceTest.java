package io.clawpod.spawner.reap;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Heartbeat.OnStale;
import io.clawpod.spawner.session.LastCalls.LastCall;
import io.clawpod.spawner.session.LifeSigns;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionState;
import io.clawpod.spawner.testing.SampleSessions;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SilenceTest {
    private static final Instant START = Instant.parse("2026-01-02T03:04:05Z");
    private static final HeartbeatSettings SETTINGS =
            new HeartbeatSettings(Duration.ofSeconds(60), Duration.ofSeconds(20));

    private static Instant at(long seconds) {
        return START.plusSeconds(seconds);
    }

    private static @Nullable Reading reading(@Nullable String text) {
        if (text == null) {
            return null;
        }
        String[] parts = text.split("/", -1);
        Instant read = at(Long.parseLong(parts[0]));
        return parts[1].equals("none")
                ? Reading.noFile(read)
                : Reading.of(read, read.getEpochSecond() + 7, read.getEpochSecond() + 7 - Long.parseLong(parts[1]));
    }

    private static LastCall call(String text) {
        return switch (text) {
            case "uncounted" -> new LastCall.Uncounted();
            case "unknown" -> new LastCall.Unknown();
            case "never" -> new LastCall.Never();
            default -> new LastCall.At(at(Long.parseLong(text)));
        };
    }

    /** Times are seconds after the agent's start; a reading is its time and the file's age; a heartbeat may be 100 s old. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                // what                                   | state     | stale | on stale | reading  | idle | calls     |
                // now  | due
                "fresh                                    | running   | -     | end      | 200/1    | -    | uncounted | 210  | -",
                "stale, and only told of                  | unhealthy | 200   | report   | 230/120  | -    | uncounted | 300  | -",
                "stale, within the grace                  | unhealthy | 200   | end      | 210/105  | -    | uncounted | 219  | -",
                "stale, the grace over                    | unhealthy | 200   | end      | 210/105  | -    | uncounted | 220  | heartbeat-stale",
                "stale, says the probe alone              | unhealthy | 200   | end      | 210/100  | -    | uncounted | 220  | -",
                "stale, and nobody has read               | unhealthy | 200   | end      | -        | -    | uncounted | 900  | -",
                "stale, and nobody could read lately      | unhealthy | 200   | end      | 210/105  | -    | uncounted | 331  | -",
                "stale, read twice an interval ago        | unhealthy | 200   | end      | 210/105  | -    | uncounted | 330  | heartbeat-stale",
                "never given                              | unhealthy | 200   | end      | 210/none | -    | uncounted | 220  | heartbeat-stale",
                "old, and not said to be stale            | running   | -     | end      | 210/105  | -    | uncounted | 220  | -",
                "stopping already                         | stopping  | 200   | end      | 210/105  | 10   | uncounted | 220  | -",
                "ended already                            | ended     | 200   | end      | 210/105  | 10   | uncounted | 220  | -",
                "idle by its heartbeat                    | running   | -     | report   | 210/50   | 50   | uncounted | 210  | idle",
                "a moment short of idle                   | running   | -     | report   | 210/49   | 50   | uncounted | 210  | -",
                "idle only since it was read              | running   | -     | report   | 210/49   | 50   | uncounted | 215  | -",
                "idle, and nobody has read                | running   | -     | report   | -        | 50   | uncounted | 900  | -",
                "idle, and nobody could read lately       | running   | -     | report   | 210/50   | 50   | uncounted | 331  | -",
                "idle, but a call was later               | running   | -     | report   | 210/50   | 50   | 170       | 215  | -",
                "idle, and calls cannot be told           | running   | -     | report   | 210/50   | 50   | unknown   | 215  | -",
                "idle, and has not called                 | running   | -     | report   | 210/50   | 50   | never     | 215  | idle",
                "idle by both                             | running   | -     | report   | 210/90   | 50   | 130       | 215  | idle",
                "no heartbeat yet, just started           | running   | -     | report   | 40/none  | 50   | uncounted | 45   | -",
                "no heartbeat since its start             | running   | -     | report   | 50/none  | 50   | uncounted | 50   | idle",
                "a former agent's heartbeat               | running   | -     | report   | 40/9000  | 50   | uncounted | 45   | -",
                "stale and idle                           | unhealthy | 200   | end      | 210/150  | 50   | uncounted | 230  | heartbeat-stale",
                "stale, only told of, and idle            | unhealthy | 200   | report   | 210/150  | 50   | uncounted | 230  | idle",
                "no heartbeat at all, calls not counted   | running   | -     | -        | -        | 50   | uncounted | 9000 | -",
                "no heartbeat at all, calls unknown       | running   | -     | -        | -        | 50   | unknown   | 9000 | -",
                "no heartbeat at all, never called        | running   | -     | -        | -        | 50   | never     | 50   | idle",
                "no heartbeat at all, called a while ago  | running   | -     | -        | -        | 50   | 100       | 150  | idle",
                "no heartbeat at all, called lately       | running   | -     | -        | -        | 50   | 101       | 150  | -",
                "no limit                                 | running   | -     | -        | -        | -    | never     | 9000 | -",
                "waits for its start                      | pending   | -     | -        | -        | 50   | never     | 9000 | -",
            })
    void onlyWhatIsKnownIsHeldAgainstASession(
            String what,
            String state,
            @Nullable Long stale,
            @Nullable String onStale,
            @Nullable String reading,
            @Nullable Long idle,
            String call,
            long now,
            @Nullable String due) {
        LifeSigns signs = new LifeSigns(
                onStale == null
                        ? null
                        : new LifeSigns.Rule(
                                "/hb",
                                Duration.ofSeconds(100),
                                OnStale.ofCode(onStale).orElseThrow()),
                idle == null ? null : Duration.ofSeconds(idle),
                stale == null,
                null,
                stale == null ? null : at(stale));
        SessionState is = SessionState.valueOf(state.toUpperCase(Locale.ROOT));
        Session session = SampleSessions.of(
                SessionKey.of("i", "a"),
                is,
                is == SessionState.UNHEALTHY ? Reason.HEARTBEAT_STALE : null,
                is == SessionState.PENDING ? null : START,
                signs);
        String found = Silence.due(session, reading(reading), call(call), at(now), SETTINGS)
                .map(each -> each.why().code())
                .orElse(null);
        assertEquals(due, found, what);
    }
}
