package io.clawpod.spawner.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.spawner.testing.CaseFiles;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.api.model.StatusCause;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class ClusterErrorsTest {
    record Answer(
            @Nullable String name,
            int status,
            String message,
            @Nullable List<String> causes,
            ErrorCode code,
            @Nullable String field,
            String says) {}

    @TestFactory
    Stream<DynamicTest> anAnswerBecomesAProblemThatNamesTheAttempt() {
        return CaseFiles.table("cluster-errors.yaml", new TypeReference<List<Answer>>() {}).stream()
                .map(answer -> DynamicTest.dynamicTest(
                        answer.status() + " " + (answer.name() == null ? "" : answer.name()), () -> tells(answer)));
    }

    private static void tells(Answer answer) {
        StatusBuilder status = new StatusBuilder().withCode(answer.status()).withMessage(answer.message());
        List<String> causes = answer.causes();
        if (causes != null) {
            status.withNewDetails()
                    .withCauses(causes.stream()
                            .map(field -> new StatusCause(field, "m", "r"))
                            .toList())
                    .endDetails();
        }
        Problem problem = ClusterErrors.problem(exception(answer.status(), status.build()), "create pod a in b");
        assertEquals(answer.code(), problem.code());
        assertEquals(answer.field(), problem.field());
        assertTrue(problem.detail().startsWith("cannot create pod a in b: "), problem.detail());
        assertTrue(problem.detail().contains(answer.says()), problem.detail());
        assertFalse(problem.detail().contains("secret words"), problem.detail());
        assertFalse(String.valueOf(problem.remedy()).isBlank());
    }

    private static KubernetesClientException exception(int code, Status status) {
        return new KubernetesClientException("told in the log alone", code, status);
    }

    @Test
    void aConnectionThatFailsIsAClusterThatDoesNotAnswer() {
        Problem problem = ClusterErrors.problem(
                new KubernetesClientException("connect", new IOException("refused by 10.0.0.1")), "read pod a");
        assertEquals(ErrorCode.CLUSTER_UNAVAILABLE, problem.code());
        assertEquals("cannot read pod a: the Kubernetes API does not answer", problem.detail());
    }

    @Test
    void whatTheWatchFailedWithIsReadWhereTheClientPutsIt() {
        Status status = new StatusBuilder()
                .withCode(403)
                .withMessage("pods is forbidden: User \"a\" cannot list resource \"pods\" in API group \"\"")
                .build();
        Problem problem =
                ClusterErrors.problem(new CompletionException(exception(403, status)), "watch pods in agents");
        assertEquals("cannot watch pods in agents: the spawner's ServiceAccount has not the right", problem.detail());
        assertEquals(
                ErrorCode.CLUSTER_UNAVAILABLE,
                ClusterErrors.problem(new IOException("broken"), "watch pods in agents")
                        .code());
    }
}
