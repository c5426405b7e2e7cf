package io.clawpod.spawner.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.SessionKey;
import io.clawpod.spawner.cluster.JobClassifier.Facts;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionEvent;
import io.clawpod.spawner.testing.SampleJobs;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What two watches say of one session, in whatever order, and what the store makes of it. */
final class JobRosterTest {
    private static final SessionKey KEY = SessionKey.of("i", "k");

    private final SessionStore store = new SessionStore("e");
    private final JobRoster roster = new JobRoster(store);

    private static Facts job(String uid) {
        return JobClassifier.facts(SampleJobs.job(KEY, uid)).orElseThrow();
    }

    private static Facts failed(String uid, String why) {
        Job job = new JobBuilder(SampleJobs.job(KEY, uid))
                .withNewStatus()
                .withFailed(1)
                .addNewCondition()
                .withType("Failed")
                .withStatus("True")
                .withReason(why)
                .withLastTransitionTime("2026-01-02T03:06:00Z")
                .endCondition()
                .endStatus()
                .build();
        return JobClassifier.facts(job).orElseThrow();
    }

    private static Facts deleted(String uid) {
        return JobClassifier.facts(new JobBuilder(SampleJobs.job(KEY, uid))
                        .editMetadata()
                        .withDeletionTimestamp("2026-01-02T03:06:00Z")
                        .endMetadata()
                        .build())
                .orElseThrow();
    }

    private static Session running(String jobUid, String podUid) {
        return SampleJobs.pod(KEY, jobUid, podUid, "running", null, null, null);
    }

    private static Session failedPod(String jobUid, String podUid) {
        return SampleJobs.pod(KEY, jobUid, podUid, "ended", "error", 3, null);
    }

    private String told() {
        Session session = store.find(KEY);
        return session == null
                ? "none"
                : session.state().code() + " "
                        + (session.reason() == null ? "" : session.reason().code()) + " "
                        + session.pod().uid();
    }

    @Test
    void ofAJobsPodsTheLivingOneCarriesTheSessionAndTheGoingOfAFormerOneChangesNothing() {
        roster.job(job("j"));
        roster.pod(running("j", "one"));
        assertEquals("running  one", told());
        roster.pod(failedPod("j", "one"));
        assertEquals("pending restarting one", told());
        roster.pod(running("j", "a"));
        assertEquals("running  a", told());
        assertTrue(roster.podGone("one", null));
        assertEquals("running  a", told());
    }

    @Test
    void itDoesNotMatterWhichOfTheTwoIsSeenFirst() {
        roster.pod(failedPod("j", "one"));
        assertEquals("pending restarting one", told());
        roster.job(failed("j", "BackoffLimitExceeded"));
        assertEquals("ended error one", told());
        assertEquals(3, Objects.requireNonNull(store.find(KEY)).exitCode());
    }

    @Test
    void aSessionGoesWhenItsJobAndAllItsPodsAreGoneAndNotBefore() {
        List<SessionEvent> events = new ArrayList<>();
        roster.job(job("j"));
        roster.pod(running("j", "one"));
        var reader = store.watch(null).subscribe().with(events::add);
        roster.jobGone("j");
        assertEquals("stopping stopped one", told());
        assertTrue(roster.podGone("one", failedPod("j", "one")));
        assertEquals("none", told());
        assertEquals(
                1,
                events.stream().filter(SessionEvent.Removed.class::isInstance).count());
        reader.cancel();
    }

    @Test
    void whatTheLastPodEndedWithStaysWhenOnlyTheJobIsLeft() {
        roster.job(job("j"));
        roster.pod(running("j", "one"));
        roster.job(deleted("j"));
        roster.pod(failedPod("j", "one"));
        assertTrue(roster.podGone("one", null));
        assertEquals("ended stopped one", told());
        assertEquals(3, Objects.requireNonNull(store.find(KEY)).exitCode());
        roster.jobGone("j");
        assertEquals("none", told());
    }

    @Test
    void aPodThatVanishesIsNoEndWhileTheJobIsOpen() {
        roster.job(job("j"));
        roster.pod(failedPod("j", "one"));
        roster.podGone("one", null);
        assertEquals("pending unscheduled j", told());
        roster.job(failed("j", "DeadlineExceeded"));
        assertEquals("ended deadline one", told());
    }

    @Test
    void whatADeadlineTookAwayIsTheEndAndNotAnEarlierTry() {
        roster.job(job("j"));
        roster.pod(failedPod("j", "one"));
        roster.pod(running("j", "two"));
        roster.job(failed("j", "DeadlineExceeded"));
        assertEquals("stopping deadline two", told());
        roster.podGone("two", SampleJobs.pod(KEY, "j", "two", "ended", "stopped", 143, 15));
        assertEquals("ended deadline two", told());
        assertEquals(143, Objects.requireNonNull(store.find(KEY)).exitCode());
    }

    @Test
    void aJobThatIsSeenOnlyAfterItsPodIsGoneStillTellsOfItsNextPod() {
        roster.pod(running("j", "one"));
        roster.podGone("one", null);
        assertEquals("none", told());
        roster.job(job("j"));
        assertEquals("pending unscheduled j", told());
        roster.pod(running("j", "two"));
        assertEquals("running  two", told());
    }

    @Test
    void theFormerJobsPodsSayNothingOnceAnotherJobHasItsName() {
        roster.job(job("old"));
        roster.pod(running("old", "one"));
        roster.jobGone("old");
        roster.job(job("new"));
        assertEquals("pending unscheduled new", told());
        roster.pod(failedPod("old", "one"));
        assertEquals("pending unscheduled new", told());
        roster.pod(running("new", "two"));
        assertTrue(roster.podGone("one", null));
        assertEquals("running  two", told());
    }

    @Test
    void anAnswerToAWriteBringsNothingBackThatTheWatchSawGo() {
        Session made = roster.written(job("j"));
        assertEquals(Reason.UNSCHEDULED, made.reason());
        assertEquals("pending unscheduled j", told());
        roster.pod(running("j", "one"));
        // An older answer changes nothing of what the watches say, and is told with the pod that is there.
        assertEquals("one", roster.written(job("j")).pod().uid());
        roster.job(failed("j", "BackoffLimitExceeded"));
        roster.written(job("j"));
        assertEquals("stopping stopped one", told());
        roster.jobGone("j");
        roster.podGone("one", null);
        assertEquals("none", told());
        roster.written(job("j"));
        roster.pod(running("j", "one"));
        assertEquals("none", told());
    }

    @Test
    void aPodThatIsNoJobsIsNotTaken() {
        assertFalse(roster.podGone("unknown", null));
        @Nullable Session none = store.find(KEY);
        assertNull(none);
    }
}
