package io.clawpod.spawner.reap;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.clawpod.common.InstallSlug;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.OwnerLease;
import io.clawpod.spawner.session.OwnerLease.OnLapse;
import io.clawpod.spawner.session.ReapTargets.Seen;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionState;
import io.clawpod.spawner.testing.SampleSessions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReapingTest {
    /** When all sample sessions were made. */
    private static final Instant MADE = Instant.parse("2026-01-02T03:04:05Z");

    private static final Duration NEVER_STARTED = Duration.ofHours(1);

    private static Session session(String install, String key, String state, @Nullable String reason) {
        return SampleSessions.of(
                SessionKey.of(install, key),
                "uid-" + key,
                null,
                SessionState.valueOf(state.toUpperCase(Locale.ROOT)),
                reason == null ? null : Reason.valueOf(reason.toUpperCase(Locale.ROOT)));
    }

    private static OwnerLease lease(String install, Duration renewed, OnLapse onLapse) {
        return new OwnerLease(
                new InstallSlug(install),
                "host",
                new OwnerLease.Terms(Duration.ofSeconds(90), Duration.ofSeconds(60), onLapse),
                MADE,
                MADE.plus(renewed));
    }

    /** Times are seconds after the session was made; the lease is good for 90 s and has a grace of 60 s. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                // what                              | state   | reason    | kept | lease | renewed | able | now  | due
                "ended, kept                         | ended   | completed | 100  | -     | 0       | 0    | 99   | -",
                "ended, retention just over          | ended   | completed | 100  | -     | 0       | 0    | 100  | retention",
                "ended, to stay for ever             | ended   | error     | -    | -     | 0       | 0    | 9999 | -",
                "ended, its owner gone               | ended   | completed | 9999 | end   | 0       | 0    | 999  | -",
                "held, a moment short of too long    | pending | held      | -    | -     | 0       | 0    | 3599 | -",
                "held for too long                   | pending | held      | -    | -     | 0       | 0    | 3600 | never-started",
                "waits for a node, not for its start | pending | unscheduled | -  | -     | 0       | 0    | 9999 | -",
                "running, no lease                   | running | -         | -    | -     | 0       | 0    | 9999 | -",
                "running, lease fresh                | running | -         | -    | end   | 0       | 0    | 89   | -",
                "running, lapsed within grace        | running | -         | -    | end   | 0       | 0    | 149  | -",
                "running, grace over                 | running | -         | -    | end   | 0       | 0    | 150  | owner-lapsed",
                "running, renewed since              | running | -         | -    | end   | 10      | 0    | 150  | -",
                "running, the lease says keep        | running | -         | -    | keep  | 0       | 0    | 9999 | -",
                "unhealthy, grace over               | unhealthy | heartbeat_stale | - | end | 0     | 0    | 150  | owner-lapsed",
                "held, grace over                    | pending | held      | -    | end   | 0       | 0    | 150  | owner-lapsed",
                "held too long, the lease says keep  | pending | held      | -    | keep  | 0       | 0    | 3600 | never-started",
                "on its way out already              | stopping | stopped  | -    | end   | 0       | 0    | 9999 | -",
                "renewals could not be taken before  | running | -         | -    | end   | 0       | 1000 | 1149 | -",
                "nor in time after that              | running | -         | -    | end   | 0       | 1000 | 1150 | owner-lapsed",
                "renewals cannot be taken            | running | -         | -    | end   | 0       | -    | 9999 | -",
                "ended, renewals cannot be taken     | ended   | completed | 100  | end   | 0       | -    | 9999 | retention",
            })
    void whatIsDueFollowsFromWhatIsSeen(
            String what,
            String state,
            @Nullable String reason,
            @Nullable Long kept,
            @Nullable String onLapse,
            long renewed,
            @Nullable Long able,
            long now,
            @Nullable String due) {
        Seen seen = new Seen(session("acme", "a", state, reason), kept == null ? null : MADE.plusSeconds(kept));
        List<OwnerLease> leases = onLapse == null
                ? List.of()
                : List.of(lease(
                        "acme", Duration.ofSeconds(renewed), OnLapse.of(onLapse).orElseThrow()));
        List<String> reasons = Reaping.due(
                        List.of(seen),
                        leases,
                        able == null ? null : MADE.plusSeconds(able),
                        MADE.plusSeconds(now),
                        NEVER_STARTED)
                .stream()
                .map(each -> each.why().code())
                .toList();
        assertEquals(due == null ? List.of() : List.of(due), reasons, what);
    }

    @Test
    void aLapseConcernsNoOtherInstall() {
        List<Seen> seen = List.of(
                new Seen(session("acme", "a", "running", null), null),
                new Seen(session("beta", "b", "running", null), null),
                new Seen(session("none", "c", "running", null), null));
        List<OwnerLease> leases =
                List.of(lease("acme", Duration.ZERO, OnLapse.END), lease("beta", Duration.ofHours(1), OnLapse.END));
        Set<String> due = Reaping.due(seen, leases, MADE, MADE.plusSeconds(3600), NEVER_STARTED).stream()
                .map(each -> each.session().key().toString())
                .collect(Collectors.toSet());
        assertEquals(Set.of("acme/a"), due);
    }

    @Test
    void aSweepEndsWhatLivesAndIsNotNamedAndNothingOfOthers() {
        List<Seen> seen = List.of(
                new Seen(session("acme", "b-lives", "running", null), null),
                new Seen(session("acme", "a-held", "pending", "held"), null),
                new Seen(session("acme", "named", "running", null), null),
                new Seen(session("acme", "named-ended", "ended", "completed"), null),
                new Seen(session("acme", "ended", "ended", "completed"), null),
                new Seen(session("acme", "stopping", "stopping", "stopped"), null),
                new Seen(session("beta", "other", "running", null), null));
        Reaping.Sweep sweep =
                Reaping.sweep(seen, new InstallSlug("acme"), Set.of("named", "named-ended", "never-was", "other"));
        assertEquals(List.of("a-held", "b-lives"), sweep.told().ended());
        assertEquals(List.of("named", "named-ended"), sweep.told().kept());
        assertEquals(List.of("never-was", "other"), sweep.told().unknown());
        assertEquals(
                Set.of("acme/a-held", "acme/b-lives"),
                sweep.orphans().stream()
                        .map(session -> session.key().toString())
                        .collect(Collectors.toSet()));
    }
}
