package io.clawpod.spawner.archive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Archive;
import io.clawpod.spawner.session.ReapTargets;
import io.clawpod.spawner.session.ReapTargets.Seen;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionState;
import io.clawpod.spawner.testing.SampleSessions;
import io.clawpod.spawner.testing.TestClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Until when the pods of sessions stay that end up in an archive. */
final class ArchivedReapingTest {
    private static final Duration LONGER = ArchivedReaping.LONGEST;

    private final TestClock clock = new TestClock();
    private final Instant over = clock.now;
    private final ReapTargets live = mock(ReapTargets.class);
    private final Archive archive = mock(Archive.class);
    private final ArchivedReaping reaping = new ArchivedReaping(live, archive, clock);

    private static Refusal away() {
        return new Refusal(Problem.of(ErrorCode.ARCHIVE_UNAVAILABLE, "it is away"));
    }

    private static Session session(String key) {
        return SampleSessions.of(SessionKey.of("i", key), "uid-" + key, "g", SessionState.ENDED, Reason.COMPLETED);
    }

    private static Seen kept(String key, @Nullable Instant until) {
        return new Seen(session(key), until);
    }

    private void thereAre(Seen... seen) {
        when(live.seen()).thenReturn(Arrays.asList(seen));
    }

    private Map<String, Instant> shown() {
        return reaping.seen().stream()
                .filter(seen -> seen.keptUntil() != null)
                .collect(Collectors.toMap(
                        seen -> seen.session().key().key(), seen -> Objects.requireNonNull(seen.keptUntil())));
    }

    @Test
    void aPodStaysUntilTheArchiveIsKnownToHaveAll() {
        thereAre(kept("had", over), kept("lacking", over), kept("early", over.plusSeconds(1)), kept("lives", null));
        when(archive.hasAll(session("had"))).thenReturn(true);
        Map<String, Instant> all =
                Map.of("had", over.plus(LONGER), "lacking", over.plus(LONGER), "early", over.plusSeconds(1));
        assertEquals(all, shown());
        reaping.ask();
        assertEquals(Map.of("had", over, "lacking", over.plus(LONGER), "early", over.plusSeconds(1)), shown());
    }

    @Test
    void whoeverLooksAsksNoStorage() {
        thereAre(kept("had", over));
        shown();
        verify(archive, never()).hasAll(any());
    }

    @Test
    void whatIsKnownIsNotAskedAgainAndForgottenWithItsPod() {
        thereAre(kept("had", over));
        when(archive.hasAll(session("had"))).thenReturn(true);
        reaping.ask();
        reaping.ask();
        verify(archive, times(1)).hasAll(any());
        thereAre();
        reaping.ask();
        thereAre(kept("had", over));
        assertEquals(Map.of("had", over.plus(LONGER)), shown());
    }

    @Test
    void storageThatCannotBeReadHasTakenNothing() {
        thereAre(kept("unread", over), kept("had", over));
        when(archive.hasAll(session("unread"))).thenThrow(away());
        when(archive.hasAll(session("had"))).thenReturn(true);
        reaping.ask();
        assertEquals(Map.of("unread", over.plus(LONGER), "had", over), shown());
    }

    @Test
    void withoutAFreshWatchNothingIsAsked() {
        when(live.seen()).thenThrow(away()).thenReturn(List.of());
        reaping.ask();
        verify(archive, never()).hasAll(any());
    }
}
