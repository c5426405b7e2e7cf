package io.clawpod.local.benchmark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * The peer: {@code kubectl run} of the same image, with what the namespace's Pod Security level asks for.
 *
 * @param began by {@link System#nanoTime}
 * @param nanos from its start to its end
 * @param cpuSeconds processor time of the whole command
 */
record KubectlRun(String pod, long began, long nanos, double cpuSeconds) {
    private static final String OVERRIDES =
            "{\"spec\":{\"serviceAccountName\":\"agent\",\"automountServiceAccountToken\":false,"
                    + "\"securityContext\":{\"runAsNonRoot\":true,\"runAsUser\":1000,\"seccompProfile\":{\"type\":\"RuntimeDefault\"}},"
                    + "\"containers\":[{\"name\":\"agent\",\"image\":\"%s\",\"imagePullPolicy\":\"IfNotPresent\",\"command\":[\"true\"],"
                    + "\"securityContext\":{\"allowPrivilegeEscalation\":false,\"capabilities\":{\"drop\":[\"ALL\"]}}}]}}";

    static KubectlRun run(String namespace, String pod, String image) throws IOException, InterruptedException {
        // bash's own time keyword counts the processor time of the child; two numbers come on the last line.
        ProcessBuilder builder = new ProcessBuilder(
                "bash",
                "-c",
                "TIMEFORMAT='%U %S'; time kubectl run \"$1\" -n \"$2\" --image=\"$3\" --restart=Never --dry-run=none"
                        + " --overrides=\"$4\"",
                "run",
                pod,
                namespace,
                image,
                OVERRIDES.formatted(image));
        builder.redirectErrorStream(true);
        long begin = System.nanoTime();
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        int exit = process.waitFor();
        long nanos = System.nanoTime() - begin;
        if (exit != 0) {
            throw new IOException("kubectl run failed: " + said);
        }
        String[] times = said.substring(said.lastIndexOf('\n') + 1).split(" ", -1);
        return new KubectlRun(pod, begin, nanos, Double.parseDouble(times[0]) + Double.parseDouble(times[1]));
    }
}
