package io.clawpod.spawner.cluster;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.plan.TokenSecret;
import io.clawpod.spawner.session.Admission;
import io.clawpod.spawner.session.ReapReason;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionEvent;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.session.SessionState;
import io.clawpod.spawner.session.Sessions.Stop;
import io.clawpod.spawner.session.Sessions.Terms;
import io.clawpod.spawner.testing.MockCluster;
import io.clawpod.spawner.testing.SampleJobs;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSchedulingGate;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sessions that are stopped by callers at any time, and those that the spawner ends before they run. */
final class StopsTest {
    private static final String AGENTS = "clawpod-agents";
    private static final SessionKey KEY = SessionKey.of("acme", "one");
    private static final SessionSpec SPEC = SessionSpec.builder("agent:1").build();

    private final MockCluster mock = new MockCluster();
    private KubernetesClient client;
    private ClusterSessions sessions;

    @BeforeEach
    void start() {
        mock.start();
        client = mock.client();
        sessions = new ClusterSessions(client, MockCluster.SETTINGS, Clock.systemUTC(), "epoch");
        MockCluster.startReady(sessions);
    }

    @AfterEach
    void stop() {
        sessions.close();
        client.close();
        mock.close();
    }

    private Session made() {
        return assertInstanceOf(Admission.Created.class, sessions.admit(KEY, SPEC, Terms.AT_ONCE))
                .session();
    }

    private @Nullable Pod pod() {
        return pod(KEY.podName());
    }

    private @Nullable Pod pod(String name) {
        return client.pods().inNamespace(AGENTS).withName(name).get();
    }

    private Job job() {
        return Objects.requireNonNull(client.batch()
                .v1()
                .jobs()
                .inNamespace(AGENTS)
                .withName(KEY.podName())
                .get());
    }

    private void change(Pod pod) {
        client.resource(pod).update();
    }

    private static PodBuilder onNode(@Nullable Pod pod) {
        return new PodBuilder(Objects.requireNonNull(pod))
                .editSpec()
                .withNodeName("node-1")
                .endSpec();
    }

    private static Pod waiting(@Nullable Pod pod, String reason, String message) {
        return onNode(pod)
                .withNewStatus()
                .withPhase("Pending")
                .addNewContainerStatus()
                .withName("agent")
                .withNewState()
                .withNewWaiting(message, reason)
                .endState()
                .endContainerStatus()
                .endStatus()
                .build();
    }

    private static Pod running(@Nullable Pod pod) {
        return onNode(pod)
                .withNewStatus()
                .withPhase("Running")
                .addNewContainerStatus()
                .withName("agent")
                .withReady(true)
                .withNewState()
                .withNewRunning()
                .endRunning()
                .endState()
                .endContainerStatus()
                .endStatus()
                .build();
    }

    private Session awaitReason(Reason reason) {
        return await().until(() -> Objects.requireNonNull(sessions.find(KEY)), session -> session.reason() == reason);
    }

    // --- by callers ---

    @Test
    void aStopIsTheSameHoweverOftenItIsAskedFor() {
        made();
        assertInstanceOf(Stop.Stopping.class, sessions.stop(KEY, Duration.ZERO));
        await().until(() -> sessions.find(KEY) == null);
        assertInstanceOf(Stop.Absent.class, sessions.stop(KEY, null));
        assertInstanceOf(Stop.Absent.class, sessions.stop(KEY, Duration.ofSeconds(1)));
    }

    @Test
    void aStopWhileItIsMadeLeavesNoPodAndNoSecretWithoutAnOwner() {
        for (int i = 0; i < 30; i++) {
            SessionKey key = SessionKey.of("acme", "raced-" + i);
            CompletableFuture<Admission> admission =
                    CompletableFuture.supplyAsync(() -> sessions.admit(key, SPEC, Terms.AT_ONCE));
            while (sessions.stop(key, Duration.ZERO) instanceof Stop.Absent && !admission.isDone()) {
                Thread.onSpinWait();
            }
            if (admission.join() instanceof Admission.Refused refused) {
                assertEquals(ErrorCode.SESSION_STOPPING, refused.problem().code());
            } else {
                sessions.stop(key, Duration.ZERO);
            }
            assertNull(client.pods().inNamespace(AGENTS).withName(key.podName()).get());
        }
        assertTrue(client.secrets().inNamespace(AGENTS).list().getItems().stream()
                .allMatch(secret -> secret.getMetadata().getOwnerReferences().size() == 1));
    }

    // --- by the spawner, before they run ---

    @Test
    void whatHasANodeIsEndedByItsDeadlineAndStaysToBeLookedAt() {
        made();
        change(waiting(pod(), "ErrImagePull", "no match for platform in manifest: not found"));
        Session session = awaitReason(Reason.IMAGE_PLATFORM);
        assertTrue(sessions.reapTargets().end(session, ReapReason.IMAGE_FAULT, "no image"));
        Pod pod = Objects.requireNonNull(pod());
        assertEquals(1, pod.getSpec().getActiveDeadlineSeconds());
        assertEquals("image-platform", pod.getMetadata().getAnnotations().get("clawpod.io/end-reason"));
        assertEquals("no image", pod.getMetadata().getAnnotations().get("clawpod.io/end-note"));
        assertEquals("none", pod.getMetadata().getAnnotations().get("clawpod.io/deadline"));
        // As the kubelet does then.
        change(onNode(pod)
                .withNewStatus()
                .withPhase("Failed")
                .withReason("DeadlineExceeded")
                .endStatus()
                .build());
        Session ended = awaitReason(Reason.IMAGE_PLATFORM);
        await().until(() -> Objects.requireNonNull(sessions.find(KEY)).state() == SessionState.ENDED);
        assertNull(ended.exitCode());
    }

    @Test
    void whatHasComeToRunInTheMeantimeIsLeftAlone() {
        made();
        change(waiting(pod(), "ErrImagePull", "manifest unknown"));
        Session session = awaitReason(Reason.IMAGE_NOT_FOUND);
        change(running(pod()));
        assertFalse(sessions.reapTargets().end(session, ReapReason.IMAGE_FAULT, "no image"));
        assertNull(Objects.requireNonNull(pod()).getSpec().getActiveDeadlineSeconds());
    }

    @Test
    void aJobWhosePodHasComeToRunInTheMeantimeIsNotGivenUp() {
        assertInstanceOf(Admission.Created.class, sessions.admit(KEY, SampleJobs.spec(), Terms.AT_ONCE));
        client.resource(SampleJobs.made(job(), "of-job")).create();
        await().until(() -> !TokenSecret.isAwaitedBy(Objects.requireNonNull(pod("of-job"))));
        change(waiting(pod("of-job"), "ErrImagePull", "manifest unknown"));
        Session session = awaitReason(Reason.IMAGE_NOT_FOUND);
        change(running(pod("of-job")));
        assertFalse(sessions.reapTargets().end(session, ReapReason.IMAGE_FAULT, "no image"));
        assertNull(job().getSpec().getActiveDeadlineSeconds());
        change(waiting(pod("of-job"), "ErrImagePull", "manifest unknown"));
        assertTrue(sessions.reapTargets().end(session, ReapReason.IMAGE_FAULT, "no image"));
        assertEquals(1L, job().getSpec().getActiveDeadlineSeconds());
    }

    @Test
    void aJobThatNeverGotAPodIsGivenUpUnlessOneHasJustCome() {
        Session session = assertInstanceOf(
                        Admission.Created.class, sessions.admit(KEY, SampleJobs.spec(), Terms.AT_ONCE))
                .session();
        client.resource(SampleJobs.made(job(), "of-job")).create();
        assertFalse(sessions.reapTargets().end(session, ReapReason.SCHEDULE_TIMEOUT, "no node"));
        assertNull(job().getSpec().getActiveDeadlineSeconds());
        client.resource(Objects.requireNonNull(pod("of-job"))).delete();
        assertTrue(sessions.reapTargets().end(session, ReapReason.SCHEDULE_TIMEOUT, "no node"));
        assertEquals(1L, job().getSpec().getActiveDeadlineSeconds());
    }

    @Test
    void whatHasNoNodeGoesAndItsWatchersReadWhy() {
        Session session = made();
        List<SessionEvent> seen = new CopyOnWriteArrayList<>();
        sessions.watch(null).subscribe().with(seen::add);
        assertTrue(sessions.reapTargets().end(session, ReapReason.SCHEDULE_TIMEOUT, "no node"));
        assertNull(pod());
        await().until(() -> seen.stream().anyMatch(SessionEvent.Removed.class::isInstance));
        Session last = seen.stream()
                .filter(SessionEvent.Removed.class::isInstance)
                .map(event -> ((SessionEvent.Removed) event).session())
                .findFirst()
                .orElseThrow();
        assertEquals(KEY, last.key());
        assertEquals(session.pod().uid(), last.pod().uid());
    }

    @Test
    void whatStillWaitsForItsTokenIsNotHeldAgainstIt() {
        Session session = made();
        change(new PodBuilder(Objects.requireNonNull(pod()))
                .editSpec()
                .withSchedulingGates(new PodSchedulingGate("clawpod.io/session-token"))
                .endSpec()
                .build());
        assertFalse(sessions.reapTargets().end(session, ReapReason.SCHEDULE_TIMEOUT, "no node"));
        assertNotNull(pod());
    }

    @Test
    void aPodWhoseNodeIsGoneIsTakenOutOfTheCluster() {
        Session session = made();
        change(onNode(pod()).build());
        assertTrue(sessions.reapTargets().end(session, ReapReason.NODE_GONE, "silent"));
        assertNull(pod());
        await().until(() -> sessions.find(KEY) == null);
    }
}
