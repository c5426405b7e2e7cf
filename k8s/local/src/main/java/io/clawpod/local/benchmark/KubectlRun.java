package io.clawpod.local.benchmark;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * The peer: {@code kubectl run} of the same image, with what the namespace's Pod Security level asks for.
 *
 * @param began by {@link System#nanoTime}
 * @param nanos from its start to its end
 * @param cpuSeconds processor time of the whole command
 */
record KubectlRun(String pod, long began, long nanos, double cpuSeconds) {
    static final String OVERRIDES =
            "{\"spec\":{\"serviceAccountName\":\"agent\",\"automountServiceAccountToken\":false,"
                    + "\"securityContext\":{\"runAsNonRoot\":true,\"runAsUser\":1000,\"seccompProfile\":{\"type\":\"RuntimeDefault\"}},"
                    + "\"containers\":[{\"name\":\"agent\",\"image\":\"%s\",\"imagePullPolicy\":\"IfNotPresent\",\"command\":[\"true\"],"
                    + "\"securityContext\":{\"allowPrivilegeEscalation\":false,\"capabilities\":{\"drop\":[\"ALL\"]}}}]}}";

    static KubectlRun run(String namespace, String pod, String image) throws IOException, InterruptedException {
        TimedCommand command = TimedCommand.run(
                Map.of(),
                List.of(
                        "kubectl",
                        "run",
                        pod,
                        "-n",
                        namespace,
                        "--image=" + image,
                        "--restart=Never",
                        "--dry-run=none",
                        "--overrides=" + OVERRIDES.formatted(image)));
        return new KubectlRun(pod, command.began(), command.nanos(), command.cpuSeconds());
    }
}
