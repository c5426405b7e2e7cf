package io.clawpod.spawner.cluster;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.plan.MountDecision;
import io.clawpod.spawner.plan.MountReview;
import io.clawpod.spawner.plan.MountReviews;
import io.clawpod.spawner.plan.StartGate;
import io.clawpod.spawner.plan.TokenSecret;
import io.clawpod.spawner.session.Admission;
import io.clawpod.spawner.session.FileContent;
import io.clawpod.spawner.session.Mount;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.session.Sessions.Start;
import io.clawpod.spawner.session.Sessions.Terms;
import io.clawpod.spawner.testing.MockCluster;
import io.clawpod.spawner.testing.PlanSettings;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSchedulingGate;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sessions that are made held, started, and made anew. */
final class SessionStartsTest {
    private static final SessionKey KEY = SessionKey.of("acme", "one");
    private static final SessionSpec SPEC = SessionSpec.builder("agent:1").build();
    private static final Terms HELD = new Terms(true, false);

    private final MockCluster mock = new MockCluster();
    private KubernetesClient client;
    private ClusterSessions sessions;

    /** The host's files; each mount of one is carried. */
    private final Map<String, FileContent> hostFiles = new ConcurrentHashMap<>();

    private final MountReviews mounts = new MountReviews() {
        @Override
        public MountReview review(SessionSpec spec) {
            MountReview asked = MountReview.asAsked(spec, PlanSettings.DEFAULTS.volumes());
            return new MountReview(
                    asked.rules(),
                    spec.mounts().stream()
                            .<MountDecision>map(mount -> mount.content() == null
                                    ? new MountDecision.Carry(
                                            Objects.requireNonNull(hostFiles.get(mount.hostPath())),
                                            mount.hostPath(),
                                            null)
                                    : new MountDecision.Carry(mount.content(), null, null))
                            .toList());
        }

        @Override
        public Optional<FileContent> read(String hostPath) {
            return Optional.ofNullable(hostFiles.get(hostPath));
        }

        @Override
        public Set<String> claims() {
            return Set.of();
        }

        @Override
        public List<String> faults() {
            return List.of();
        }

        @Override
        public void refresh() {}
    };

    @BeforeEach
    void start() {
        mock.start();
        client = mock.client();
        sessions = new ClusterSessions(client, MockCluster.SETTINGS, mounts, Clock.systemUTC(), "epoch");
        MockCluster.startReady(sessions);
    }

    @AfterEach
    void stop() {
        sessions.close();
        client.close();
        mock.close();
    }

    private Session admit(Terms terms) {
        return assertInstanceOf(Admission.Created.class, sessions.admit(KEY, SPEC, terms))
                .session();
    }

    private Pod pod() {
        return Objects.requireNonNull(client.pods()
                .inNamespace("clawpod-agents")
                .withName(KEY.podName())
                .get());
    }

    /** The kubelet tells that the agent ended. */
    private void end() {
        client.pods()
                .inNamespace("clawpod-agents")
                .withName(KEY.podName())
                .editStatus(pod -> new PodBuilder(pod)
                        .withNewStatus()
                        .withPhase("Succeeded")
                        .addNewContainerStatus()
                        .withName("agent")
                        .withNewState()
                        .withNewTerminated()
                        .withExitCode(0)
                        .withReason("Completed")
                        .endTerminated()
                        .endState()
                        .endContainerStatus()
                        .endStatus()
                        .build());
        await().until(() -> {
            Session known = sessions.find(KEY);
            return known != null && known.hasEnded();
        });
    }

    private static Session started(Start start, boolean already) {
        Start.Started started = assertInstanceOf(Start.Started.class, start);
        assertEquals(already, started.already());
        return started.session();
    }

    @Test
    void aHeldSessionWaitsForItsStart() {
        admit(HELD);
        assertTrue(StartGate.isOn(pod()));
        // The mock merges lists where an API server replaces them (RFC 7396), so the token's gate is taken by hand.
        client.pods()
                .inNamespace("clawpod-agents")
                .withName(KEY.podName())
                .edit(pod -> new PodBuilder(pod)
                        .editSpec()
                        .withSchedulingGates(new PodSchedulingGate("clawpod.io/start"))
                        .endSpec()
                        .build());
        assertFalse(TokenSecret.isAwaitedBy(pod()));
        assertTrue(Classifier.classify(pod()).orElseThrow().isHeld());
        assertEquals(
                "held",
                Objects.requireNonNull(Classifier.classify(pod()).orElseThrow().reason())
                        .code());

        Session begun = started(sessions.start(KEY), false);
        assertFalse(begun.isHeld());
        assertFalse(StartGate.isOn(pod()));
        assertEquals(pod().getMetadata().getUid(), begun.pod().uid());
        started(sessions.start(KEY), true);
    }

    @Test
    void askedForAgainItIsAdoptedOnWhateverTerms() {
        Session made = admit(HELD);
        Admission.Adopted adopted = assertInstanceOf(Admission.Adopted.class, sessions.admit(KEY, SPEC, Terms.AT_ONCE));
        assertEquals(made.pod().uid(), adopted.session().pod().uid());
        assertTrue(StartGate.isOn(pod()), "only a start lets it go");
    }

    @Test
    void oneThatWasNotHeldIsStartedAlready() {
        admit(Terms.AT_ONCE);
        started(sessions.start(KEY), true);
    }

    @Test
    void thereIsNothingToStartWhereNoneIs() {
        assertInstanceOf(Start.Absent.class, sessions.start(KEY));
        assertInstanceOf(Start.Absent.class, sessions.restart(KEY, null));
    }

    @Test
    void aPodThatIsNotOursIsNeverStarted() {
        client.resource(new PodBuilder()
                        .withNewMetadata()
                        .withNamespace("clawpod-agents")
                        .withName(KEY.podName())
                        .endMetadata()
                        .withNewSpec()
                        .addNewContainer()
                        .withName("agent")
                        .withImage("other")
                        .endContainer()
                        .endSpec()
                        .build())
                .create();
        assertInstanceOf(Start.Absent.class, sessions.start(KEY));
        assertInstanceOf(Start.Absent.class, sessions.restart(KEY, null));
        assertEquals("other", pod().getSpec().getContainers().get(0).getImage());
    }

    @Test
    void oneThatHasEndedIsMadeAnewWithATokenOfItsOwn() {
        Session made = admit(Terms.AT_ONCE);
        String secret = TokenSecret.expectedBy(pod()).orElseThrow();
        end();
        Session again = started(sessions.start(KEY), false);
        assertNotEquals(made.pod().uid(), again.pod().uid());
        assertEquals(made.specHash(), again.specHash());
        assertFalse(StartGate.isOn(pod()), "a start does not hold it again");
        String another = TokenSecret.expectedBy(pod()).orElseThrow();
        assertNotEquals(secret, another);
        assertEquals(
                again.pod().uid(),
                client.secrets()
                        .inNamespace("clawpod-agents")
                        .withName(another)
                        .get()
                        .getMetadata()
                        .getOwnerReferences()
                        .get(0)
                        .getUid());
    }

    private Map<String, String> secretData() {
        return client.secrets()
                .inNamespace("clawpod-agents")
                .withName(TokenSecret.expectedBy(pod()).orElseThrow())
                .get()
                .getData();
    }

    @Test
    void filesOfTheHostAreReadAgainForThePodThatIsMadeAnew() {
        hostFiles.put("/tmp/ca.pem", FileContent.ofBase64("b2xk"));
        SessionSpec spec = SessionSpec.builder("agent:1")
                .mount(new Mount("/tmp/ca.pem", "/ca.pem", true))
                .build();
        assertInstanceOf(Admission.Created.class, sessions.admit(KEY, spec, Terms.AT_ONCE));
        assertEquals("b2xk", secretData().get("file-0"));
        hostFiles.put("/tmp/ca.pem", FileContent.ofBase64("bmV3"));
        end();
        started(sessions.start(KEY), false);
        assertEquals("bmV3", secretData().get("file-0"));
        assertEquals(
                TokenSecret.expectedBy(pod()).orElseThrow(),
                pod().getSpec().getVolumes().get(0).getSecret().getSecretName());
        hostFiles.clear();
        assertFilesNotKept(sessions.restart(KEY, Duration.ZERO));
    }

    @Test
    void filesThatTheirCallerSentAreNotKeptForAnotherPod() {
        SessionSpec spec = SessionSpec.builder("agent:1")
                .mount(new Mount("/any", "/ca.pem", true, FileContent.ofBase64("b2xk")))
                .build();
        Session made = assertInstanceOf(Admission.Created.class, sessions.admit(KEY, spec, Terms.AT_ONCE))
                .session();
        end();
        assertFilesNotKept(sessions.start(KEY));
        assertFilesNotKept(sessions.restart(KEY, null));
        assertEquals(made.pod().uid(), pod().getMetadata().getUid(), "the one that was stays as it is");
    }

    private static void assertFilesNotKept(Start start) {
        assertEquals(
                ErrorCode.FILES_NOT_KEPT,
                assertInstanceOf(Start.Refused.class, start).problem().code());
    }

    @Test
    void oneThatRunsIsRestartedInAnotherPod() {
        Session made = admit(Terms.AT_ONCE);
        sessions.revoke(KEY);
        Session again = started(sessions.restart(KEY, Duration.ZERO), false);
        assertNotEquals(made.pod().uid(), again.pod().uid());
        assertEquals(null, Classifier.classify(pod()).orElseThrow().revokedAt());
    }

    @Test
    void oneThatRemovesItselfMakesRoomOnceItHasEnded() {
        Session made = admit(new Terms(false, true));
        SessionSpec other = SessionSpec.builder("agent:2").build();
        Admission.Refused refused =
                assertInstanceOf(Admission.Refused.class, sessions.admit(KEY, other, Terms.AT_ONCE));
        assertEquals(ErrorCode.SESSION_CONFLICT, refused.problem().code());
        end();
        Session next = assertInstanceOf(Admission.Created.class, sessions.admit(KEY, other, Terms.AT_ONCE))
                .session();
        assertNotEquals(made.pod().uid(), next.pod().uid());
        assertEquals("agent:2", next.image());
    }

    @Test
    void oneThatStaysMakesNoRoom() {
        admit(Terms.AT_ONCE);
        end();
        assertInstanceOf(
                Admission.Refused.class,
                sessions.admit(KEY, SessionSpec.builder("agent:2").build(), Terms.AT_ONCE));
        assertInstanceOf(Admission.Adopted.class, sessions.admit(KEY, SPEC, Terms.AT_ONCE));
    }
}
