package io.clawpod.spawner.reap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.Mockito.mock;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.InstallSlug;
import io.clawpod.common.Problem;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Heartbeat.OnStale;
import io.clawpod.spawner.session.LastCalls;
import io.clawpod.spawner.session.LifeSigns;
import io.clawpod.spawner.session.OwnerLease;
import io.clawpod.spawner.session.OwnerLease.OnLapse;
import io.clawpod.spawner.session.OwnerLeases;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ReaperTest {
    private final TestClock clock = new TestClock();
    private final ReapTally tally = new ReapTally();
    private final List<String> ended = new ArrayList<>();
    private boolean fresh = true;
    private boolean leads = true;
    private boolean renewable = true;
    private boolean leasesAnswer = true;
    private boolean endsWork = true;
    private OwnerLease lease = renewed();

    private Session session = SampleSessions.running("a", "uid-a");
    private final FakeProcesses processes =
            new FakeProcesses(key -> FakeProcesses.ending(clock.now.getEpochSecond() + "\n", new Exit.Exited(0)));
    private final Heartbeats heartbeats = new Heartbeats(
            new Targets(),
            processes,
            mock(),
            LastCalls.UNCOUNTED,
            new HeartbeatSettings(Duration.ofSeconds(60), Duration.ZERO),
            clock);

    private OwnerLease renewed() {
        return new OwnerLease(
                new InstallSlug("i"),
                "host",
                new OwnerLease.Terms(Duration.ofSeconds(30), Duration.ofSeconds(10), OnLapse.END),
                clock.now,
                clock.now);
    }

    private Reaper reaper(boolean dryRun) {
        return new Reaper(
                new Targets(),
                new Leases(),
                heartbeats,
                () -> leads,
                () -> renewable,
                new ReapSettings(dryRun, Duration.ofHours(1)),
                clock,
                tally);
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
            return List.of(new Seen(session, null));
        }

        @Override
        public boolean end(Session session, ReapReason why, String note) {
            if (!endsWork) {
                throw refusal();
            }
            ended.add(session.key() + " " + why.code());
            return true;
        }
    }

    private final class Leases implements OwnerLeases {
        @Override
        public Renewal renew(InstallSlug install, String holder, OwnerLease.Terms terms, boolean takeover) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<OwnerLease> find(InstallSlug install) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean giveUp(InstallSlug install) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<OwnerLease> all() {
            if (!leasesAnswer) {
                throw refusal();
            }
            return List.of(lease);
        }
    }

    private void after(Reaper reaper, int seconds) {
        clock.now = clock.now.plusSeconds(seconds);
        reaper.reap();
    }

    @Test
    void aLapseEndsTheSessionOnceThoughItsPodTakesLongToGo() {
        Reaper reaper = reaper(false);
        reaper.reap();
        after(reaper, 39);
        assertEquals(List.of(), ended);
        after(reaper, 1);
        after(reaper, 3);
        assertEquals(List.of("i/a owner-lapsed"), ended);
        assertEquals(1, tally.count(ReapReason.OWNER_LAPSED));
        assertEquals(0, tally.count(ReapReason.RETENTION));
    }

    @Test
    void aRenewalInTimeEndsNothing() {
        Reaper reaper = reaper(false);
        reaper.reap();
        after(reaper, 39);
        lease = renewed();
        after(reaper, 39);
        assertEquals(List.of(), ended);
    }

    @Test
    void oneThatDoesNotLeadEndsNothing() {
        leads = false;
        Reaper reaper = reaper(false);
        reaper.reap();
        after(reaper, 100);
        assertFalse(reaper.leads());
        assertEquals(List.of(), ended);
        leads = true;
        reaper.reap();
        assertTrue(reaper.leads());
        assertEquals(List.of("i/a owner-lapsed"), ended);
    }

    @Test
    void afterALossOfTheApiServerHostsHaveTheWholeTimeToRenewAgain() {
        Reaper reaper = reaper(false);
        reaper.reap();
        fresh = false;
        after(reaper, 100);
        assertFalse(reaper.leads());
        fresh = true;
        reaper.reap();
        after(reaper, 39);
        assertEquals(List.of(), ended);
        after(reaper, 1);
        assertEquals(List.of("i/a owner-lapsed"), ended);
    }

    @Test
    void soTheyHaveAfterATimeInWhichNobodyReachedTheSpawner() {
        Reaper reaper = reaper(false);
        reaper.reap();
        renewable = false;
        after(reaper, 100);
        renewable = true;
        reaper.reap();
        after(reaper, 39);
        assertEquals(List.of(), ended);
    }

    @Test
    void leasesThatCannotBeReadEndNothingAndAreNamed() {
        Reaper reaper = reaper(false);
        reaper.reap();
        leasesAnswer = false;
        after(reaper, 100);
        assertEquals(List.of(), ended);
        assertEquals(Optional.of("the Kubernetes API does not answer"), reaper.fault());
        leasesAnswer = true;
        reaper.reap();
        assertEquals(Optional.empty(), reaper.fault());
    }

    @Test
    void aDryRunEndsNothing() {
        Reaper reaper = reaper(true);
        reaper.reap();
        after(reaper, 100);
        assertEquals(List.of(), ended);
        assertEquals(0, tally.count(ReapReason.OWNER_LAPSED));
    }

    @Test
    void whatCouldNotBeEndedIsTriedAgain() {
        Reaper reaper = reaper(false);
        reaper.reap();
        endsWork = false;
        after(reaper, 100);
        assertEquals(0, tally.count(ReapReason.OWNER_LAPSED));
        endsWork = true;
        reaper.reap();
        assertEquals(List.of("i/a owner-lapsed"), ended);
    }

    private void silent(OnStale onStale, @Nullable Duration idle) {
        lease = new OwnerLease(
                lease.install(),
                "host",
                new OwnerLease.Terms(Duration.ofHours(1), Duration.ofSeconds(10), OnLapse.KEEP),
                clock.now,
                clock.now);
        LifeSigns.Rule rule = new LifeSigns.Rule("/hb", Duration.ofSeconds(5), onStale);
        session = SampleSessions.of(
                SessionKey.of("i", "a"),
                SessionState.UNHEALTHY,
                Reason.HEARTBEAT_STALE,
                clock.now,
                new LifeSigns(rule, idle, false, null, clock.now.plusSeconds(6)));
    }

    private void afterLook(Reaper reaper, int seconds) {
        clock.now = clock.now.plusSeconds(seconds);
        heartbeats.look(() -> leads);
        reaper.reap();
    }

    @Test
    void oneWhoseHeartbeatIsStaleIsEndedOnceIfItIsToBe() {
        Reaper reaper = reaper(false);
        silent(OnStale.REPORT, null);
        afterLook(reaper, 0);
        afterLook(reaper, 10);
        assertEquals(List.of(), ended);
        silent(OnStale.END, null);
        afterLook(reaper, 10);
        afterLook(reaper, 1);
        assertEquals(List.of("i/a heartbeat-stale"), ended);
        assertEquals(1, tally.count(ReapReason.HEARTBEAT_STALE));
    }

    @Test
    void anIdleOneIsEndedOnce() {
        Reaper reaper = reaper(false);
        silent(OnStale.REPORT, Duration.ofSeconds(20));
        afterLook(reaper, 0);
        afterLook(reaper, 19);
        assertEquals(List.of(), ended);
        afterLook(reaper, 1);
        afterLook(reaper, 3);
        assertEquals(List.of("i/a idle"), ended);
        assertEquals(1, tally.count(ReapReason.IDLE));
    }

    @Test
    void aDryRunEndsNoSilentOneEither() {
        Reaper reaper = reaper(true);
        silent(OnStale.END, Duration.ofSeconds(20));
        afterLook(reaper, 0);
        afterLook(reaper, 30);
        afterLook(reaper, 3);
        assertEquals(List.of(), ended);
        assertEquals(0, tally.count(ReapReason.HEARTBEAT_STALE) + tally.count(ReapReason.IDLE));
    }
}
