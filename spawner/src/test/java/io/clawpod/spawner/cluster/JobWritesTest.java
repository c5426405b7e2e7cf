package io.clawpod.spawner.cluster;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.clawpod.common.ErrorCode;
import io.clawpod.common.Labels;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.plan.TokenSecret;
import io.clawpod.spawner.session.Admission;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.Sessions.Revocation;
import io.clawpod.spawner.session.Sessions.Start;
import io.clawpod.spawner.session.Sessions.Terms;
import io.clawpod.spawner.testing.MockCluster;
import io.clawpod.spawner.testing.PlanSettings;
import io.clawpod.spawner.testing.SampleJobs;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whose token a Job's pods get, and which get none. No controller makes pods here: each test does. */
final class JobWritesTest {
    private static final SessionKey KEY = SessionKey.of("acme", "one");
    private static final String NAMESPACE = PlanSettings.DEFAULTS.namespace();

    private final MockCluster mock = new MockCluster();
    private KubernetesClient client;
    private @Nullable ClusterSessions started;
    private JobWrites jobs;

    @BeforeEach
    void start() {
        mock.start();
        client = mock.client();
        TokenIssuer tokens = new TokenIssuer(
                client,
                Clock.systemUTC(),
                "clawpod",
                "spawner-signing-key",
                "clawpod-spawner",
                Duration.ofDays(1),
                Duration.ofDays(30));
        tokens.refresh();
        jobs = new JobWrites(client, new PodWrites(client, tokens), NAMESPACE);
    }

    @AfterEach
    void stop() {
        if (started != null) {
            started.close();
        }
        client.close();
        mock.close();
    }

    /** A spawner, whose watches see all that the tests make. */
    private ClusterSessions spawner() {
        ClusterSessions sessions = new ClusterSessions(client, MockCluster.SETTINGS, Clock.systemUTC(), "epoch");
        started = sessions;
        MockCluster.startReady(sessions);
        return sessions;
    }

    private static Session admit(ClusterSessions sessions) {
        return assertInstanceOf(Admission.Created.class, sessions.admit(KEY, SampleJobs.spec(), Terms.AT_ONCE))
                .session();
    }

    private @Nullable Job job() {
        return client.batch()
                .v1()
                .jobs()
                .inNamespace(NAMESPACE)
                .withName(KEY.podName())
                .get();
    }

    private Job made() {
        Job job = SampleJobs.job(KEY, "");
        job.getMetadata().setUid(null);
        return client.resource(job).create();
    }

    private Pod gated(Job job, String name) {
        Pod pod = SampleJobs.made(job, name);
        return client.resource(pod).create();
    }

    private @Nullable Pod pod(String name) {
        return client.pods().inNamespace(NAMESPACE).withName(name).get();
    }

    private List<String> uidsInSecrets() {
        return client.secrets().inNamespace(NAMESPACE).list().getItems().stream()
                .map(secret -> uid(Objects.requireNonNull(secret.getData().get(TokenSecret.KEY))))
                .toList();
    }

    private static String uid(String token) {
        String text = new String(Base64.getDecoder().decode(token), StandardCharsets.US_ASCII);
        String claims = text.substring(text.indexOf('.') + 1, text.lastIndexOf('.'));
        try {
            return new ObjectMapper()
                    .readTree(Base64.getUrlDecoder().decode(claims))
                    .path("uid")
                    .asText();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aPodGetsItsTokenAsSoonAsItIsSeenAndTheNextOneItsOwn() {
        Session made = admit(spawner());
        assertEquals("pending", made.state().code());
        Job job = Objects.requireNonNull(job());
        for (String name : List.of("first", "second")) {
            Pod pod = gated(job, name);
            await().until(() -> !TokenSecret.isAwaitedBy(Objects.requireNonNull(pod(name))));
            assertEquals(List.of(pod.getMetadata().getUid()), uidsInSecrets());
        }
    }

    @Test
    void aTokenThatComesLateDoesNotTakeThePlaceOfALaterPods() {
        Job job = made();
        Pod former = gated(job, "former");
        assertTrue(jobs.complete(former));
        Pod later = gated(job, "later");
        assertTrue(jobs.complete(later));
        // By a replica that still has the former as it was.
        assertTrue(TokenSecret.isAwaitedBy(former));
        jobs.complete(former);
        assertEquals(List.of(later.getMetadata().getUid()), uidsInSecrets());
    }

    @Test
    void aPodOfARevokedSessionGetsNoTokenAndItsJobIsGivenUp() {
        Job job = made();
        Session.Job carrier = new Session.Job(KEY.podName(), job.getMetadata().getUid(), 0);
        Pod before = gated(job, "before");
        assertTrue(jobs.complete(before));
        Instant at = Instant.parse("2026-01-02T03:04:05Z");
        assertEquals(at, jobs.revoke(carrier, at).orElseThrow().unmade().revokedAt());
        assertTrue(Objects.requireNonNull(pod("before"))
                .getMetadata()
                .getAnnotations()
                .containsKey(Labels.ANNOTATION_REVOKED));

        Pod next = gated(job, "next");
        assertFalse(jobs.complete(next));
        assertTrue(TokenSecret.isAwaitedBy(Objects.requireNonNull(pod("next"))));
        assertEquals(List.of(before.getMetadata().getUid()), uidsInSecrets());
        Job left = Objects.requireNonNull(job());
        assertEquals(1L, left.getSpec().getActiveDeadlineSeconds());
        assertEquals("stopped", left.getMetadata().getAnnotations().get(Labels.ANNOTATION_END_REASON));
    }

    @Test
    void aPodWhoseJobIsGoneOrAnotherGetsNoToken() {
        Job job = made();
        Pod pod = gated(job, "left");
        client.resource(job).delete();
        assertFalse(jobs.complete(pod));
        made();
        assertFalse(jobs.complete(pod));
        assertEquals(List.of(), uidsInSecrets());
    }

    @Test
    void aJobThatSharesItsNameWithAPodGivesWay() {
        Job job = made();
        client.resource(new PodBuilder()
                        .withNewMetadata()
                        .withNamespace(NAMESPACE)
                        .withName(KEY.podName())
                        .endMetadata()
                        .withNewSpec()
                        .endSpec()
                        .build())
                .create();
        Pod ofJob = gated(job, "of-job");
        assertFalse(jobs.complete(ofJob));
        client.resource(ofJob).delete();
        assertNull(job());
        assertEquals(List.of(), uidsInSecrets());
        // Nor is one made where a pod has the name already.
        Admission.Refused refused =
                assertInstanceOf(Admission.Refused.class, spawner().admit(KEY, SampleJobs.spec(), Terms.AT_ONCE));
        assertEquals(ErrorCode.FOREIGN_POD, refused.problem().code());
        assertNull(job());
    }

    @Test
    void whatAJobCannotDoIsRefused() {
        ClusterSessions sessions = spawner();
        Admission.Refused held = assertInstanceOf(
                Admission.Refused.class, sessions.admit(KEY, SampleJobs.spec(), new Terms(true, false)));
        assertEquals(ErrorCode.INVALID_SPEC, held.problem().code());
        assertNull(job());
        admit(sessions);
        assertTrue(assertInstanceOf(Start.Started.class, sessions.start(KEY)).already());
        Start.Refused restart = assertInstanceOf(Start.Refused.class, sessions.restart(KEY, null));
        assertEquals(ErrorCode.METHOD_NOT_ALLOWED, restart.problem().code());
    }

    @Test
    void aJobIsAdoptedAndRevokedBeforeItHasAPod() {
        ClusterSessions sessions = spawner();
        Session made = admit(sessions);
        Admission.Adopted again =
                assertInstanceOf(Admission.Adopted.class, sessions.admit(KEY, SampleJobs.spec(), Terms.AT_ONCE));
        assertEquals(made.job(), again.session().job());
        Revocation.Revoked revoked = assertInstanceOf(Revocation.Revoked.class, sessions.revoke(KEY));
        assertTrue(revoked.session().revokedAt() != null);
    }
}
