package io.clawpod.local.kubelet;

import static io.clawpod.local.testing.Cluster.NAMESPACE;
import static io.clawpod.local.testing.Cluster.shell;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.local.testing.Cluster;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KubeletTest {
    private Cluster c;

    @BeforeEach
    void start() throws IOException {
        c = new Cluster();
    }

    @AfterEach
    void stop() {
        c.close();
    }

    private static ContainerStateTerminated end(Pod pod) {
        return pod.getStatus().getContainerStatuses().get(0).getState().getTerminated();
    }

    private String log(String pod) {
        return c.client.pods().withName(pod).getLog();
    }

    @Test
    void aPodRunsToItsExitCode() {
        c.create(shell("p", "echo out; echo err >&2; exit 3"));
        Pod pod = c.awaitPhase("p", "Failed");
        assertEquals(3, end(pod).getExitCode());
        assertEquals("Error", end(pod).getReason());
        assertEquals("local", pod.getSpec().getNodeName());
        assertTrue(pod.getStatus().getPodIP().startsWith("127.0."));
        assertTrue(log("p").contains("out\n") && log("p").contains("err\n"), log("p"));
    }

    @Test
    void theLogOfAFailedContainerIsItsMessageIfThePolicySaysSo() {
        c.create(shell("p", "echo why; exit 1")
                .editSpec()
                .editFirstContainer()
                .withTerminationMessagePolicy("FallbackToLogsOnError")
                .endContainer()
                .endSpec());
        assertEquals("why\n", end(c.awaitPhase("p", "Failed")).getMessage());
    }

    @Test
    void aPodThatSucceedsIsCompleted() {
        c.create(shell("p", "exit 0"));
        Pod pod = c.awaitPhase("p", "Succeeded");
        assertEquals("Completed", end(pod).getReason());
        assertEquals(0, end(pod).getExitCode());
    }

    @Test
    void aGatedPodWaitsForItsGateToBeTakenAway() {
        Pod gated = c.create(shell("p", "exit 0")
                .editSpec()
                .addNewSchedulingGate("example.com/gate")
                .endSpec());
        assertEquals("SchedulingGated", gated.getStatus().getConditions().get(0).getReason());
        c.create(shell("q", "exit 0"));
        c.awaitPhase("q", "Succeeded");
        assertEquals("Pending", c.client.pods().withName("p").get().getStatus().getPhase());
        c.client
                .pods()
                .withName("p")
                .edit(pod -> new PodBuilder(pod)
                        .editSpec()
                        .withSchedulingGates()
                        .endSpec()
                        .build());
        c.awaitPhase("p", "Succeeded");
    }

    @Test
    void twoPodsHaveTwoAddresses() {
        c.create(shell("p", "sleep 60"));
        c.create(shell("q", "sleep 60"));
        assertNotEquals(
                c.awaitPhase("p", "Running").getStatus().getPodIP(),
                c.awaitPhase("q", "Running").getStatus().getPodIP());
    }

    @Test
    void aProcessSeesThePodsVariablesAndNoneOfOurs() {
        c.client
                .resource(new SecretBuilder()
                        .withNewMetadata()
                        .withName("s")
                        .endMetadata()
                        .addToStringData("token", "s3cret")
                        .build())
                .create();
        c.create(shell("p", "env")
                .editSpec()
                .editFirstContainer()
                .addNewEnv()
                .withName("PLAIN")
                .withValue("a$(NAME)b$(NONE)")
                .endEnv()
                .addNewEnv()
                .withName("TOKEN")
                .withNewValueFrom()
                .withNewSecretKeyRef("token", "s", false)
                .endValueFrom()
                .endEnv()
                .addNewEnv()
                .withName("POD")
                .withNewValueFrom()
                .withNewFieldRef(null, "metadata.name")
                .endValueFrom()
                .endEnv()
                .addNewEnvFrom()
                .withPrefix("ALL_")
                .withNewSecretRef("s", false)
                .endEnvFrom()
                .endContainer()
                .endSpec());
        c.awaitPhase("p", "Succeeded");
        List<String> names = log("p").lines()
                .map(line -> line.substring(0, line.indexOf('=')))
                .sorted()
                .toList();
        assertTrue(log("p").contains("TOKEN=s3cret\n"));
        assertTrue(log("p").contains("ALL_token=s3cret\n"));
        assertTrue(log("p").contains("PLAIN=a$(NAME)b$(NONE)\n"));
        assertTrue(log("p").contains("POD=p\n"));
        List<String> allowed = List.of(
                "ALL_token",
                "CLAWPOD_LOCAL_ROOT",
                "HOME",
                "OLDPWD",
                "PATH",
                "PLAIN",
                "POD",
                "PWD",
                "SHLVL",
                "TOKEN",
                "_");
        assertTrue(allowed.containsAll(names), names::toString);
    }

    @Test
    void aPodWaitsForItsSecret() {
        c.create(shell("p", "echo $TOKEN")
                .editSpec()
                .editFirstContainer()
                .addNewEnv()
                .withName("TOKEN")
                .withNewValueFrom()
                .withNewSecretKeyRef("token", "late", false)
                .endValueFrom()
                .endEnv()
                .endContainer()
                .endSpec());
        Pod waiting = c.awaitWaiting("p", "CreateContainerConfigError");
        assertEquals(
                "secret \"late\" not found",
                waiting.getStatus()
                        .getContainerStatuses()
                        .get(0)
                        .getState()
                        .getWaiting()
                        .getMessage());
        KubernetesClientException noLog = assertThrows(KubernetesClientException.class, () -> log("p"));
        assertEquals(400, noLog.getCode());
        c.client
                .resource(new SecretBuilder()
                        .withNewMetadata()
                        .withName("late")
                        .endMetadata()
                        .addToStringData("token", "now")
                        .build())
                .create();
        c.awaitPhase("p", "Succeeded");
        assertEquals("now\n", log("p"));
    }

    @Test
    void anUnknownImageIsPulledUntilItIsThere() throws IOException {
        c.create(shell("p", "hello")
                .editSpec()
                .editFirstContainer()
                .withImage("late:1")
                .endContainer()
                .endSpec());
        c.awaitWaiting("p", "ImagePullBackOff");
        Path bin = Files.createDirectories(c.cluster.folder().resolve("late/bin"));
        Files.writeString(bin.resolve("hello"), "#!/bin/sh\necho hi\n");
        assertTrue(bin.resolve("hello").toFile().setExecutable(true));
        c.cluster.registerImage("late:1", c.cluster.folder().resolve("late"));
        c.awaitPhase("p", "Succeeded");
        assertEquals("hi\n", log("p"));
    }

    @Test
    void aCommandThatIsNotThereIsAStartError() {
        c.create(shell("p", "x")
                .editSpec()
                .editFirstContainer()
                .withCommand("/no/such/program")
                .endContainer()
                .endSpec());
        assertNotEquals(0, end(c.awaitPhase("p", "Failed")).getExitCode());
    }

    @Test
    void aDeletedPodEndsBySigtermAndTellsHow() throws IOException {
        c.create(shell("p", "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.05; done"));
        awaitLog("p", "up");
        CompletableFuture<Pod> last = new CompletableFuture<>();
        try (var watch = c.client.pods().withName("p").watch(new Deletion(last));
                var log = c.client.pods().withName("p").watchLog()) {
            assertEquals("up\n", new String(log.getOutput().readNBytes(3), StandardCharsets.UTF_8));
            c.client.pods().withName("p").withGracePeriod(10_000).delete();
            Pod pod = last.orTimeout(30, TimeUnit.SECONDS).join();
            assertEquals(7, end(pod).getExitCode());
            assertEquals("Failed", pod.getStatus().getPhase());
            assertEquals("bye\n", new String(log.getOutput().readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void aPodThatIgnoresSigtermIsKilledAfterTheGraceWithItsDescendants() {
        c.create(shell("p", "trap '' TERM; sleep 300 & echo up; wait; sleep 300"));
        awaitLog("p", "up");
        Pod running = c.client.pods().withName("p").get();
        List<ProcessHandle> processes =
                c.cluster.processes(running.getMetadata().getUid());
        assertTrue(processes.size() >= 2, processes::toString);
        CompletableFuture<Pod> last = new CompletableFuture<>();
        try (var watch = c.client.pods().withName("p").watch(new Deletion(last))) {
            c.client.pods().withName("p").withGracePeriod(1).delete();
            // Well before the grace that the pod itself has, which is 30 s.
            Pod pod = last.orTimeout(20, TimeUnit.SECONDS).join();
            assertEquals(137, end(pod).getExitCode());
            assertEquals(9, end(pod).getSignal());
        }
        // Orphans are reaped by the init process, in its own time.
        processes.forEach(
                process -> process.onExit().orTimeout(30, TimeUnit.SECONDS).join());
    }

    private record Deletion(CompletableFuture<Pod> last) implements io.fabric8.kubernetes.client.Watcher<Pod> {
        @Override
        public void eventReceived(Action action, Pod pod) {
            if (action == Action.DELETED) {
                last.complete(pod);
            }
        }

        @Override
        public void onClose(io.fabric8.kubernetes.client.WatcherException cause) {}
    }

    private void awaitLog(String pod, String text) {
        c.awaitPhase(pod, "Running");
        try (var watch = c.client.pods().withName(pod).watchLog();
                BufferedReader lines =
                        new BufferedReader(new InputStreamReader(watch.getOutput(), StandardCharsets.UTF_8))) {
            assertEquals(text, lines.readLine());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void aFollowedLogComesAsItIsWrittenAndEndsWithTheContainer(@TempDir Path folder) throws IOException {
        Path go = folder.resolve("go");
        c.create(shell("p", "printf 'a b'; while [ ! -e " + go + " ]; do sleep 0.02; done; echo ' c'; echo d"));
        c.awaitPhase("p", "Running");
        try (var watch = c.client.pods().withName("p").watchLog()) {
            byte[] first = watch.getOutput().readNBytes(3);
            assertEquals("a b", new String(first, StandardCharsets.UTF_8));
            Files.createFile(go);
            assertEquals(" c\nd\n", new String(watch.getOutput().readAllBytes(), StandardCharsets.UTF_8));
        }
        assertEquals("a b c\nd\n", log("p"));
        assertEquals("d\n", c.client.pods().withName("p").tailingLines(1).getLog());
        assertEquals(
                "a b c\nd\n", c.client.pods().withName("p").sinceSeconds(60).getLog());
        assertEquals(
                "",
                c.client.pods().withName("p").sinceTime("2999-01-01T00:00:00Z").getLog());
        assertTrue(c.client
                .pods()
                .withName("p")
                .usingTimestamps()
                .getLog()
                .matches("(?s)\\d{4}-\\S+Z a b c\n\\d{4}-\\S+Z d\n"));
    }

    @Test
    void aFailedContainerIsRestartedUntilItSucceeds(@TempDir Path folder) {
        Path mark = folder.resolve("mark");
        c.create(shell("p", "[ -e " + mark + " ] || { touch " + mark + "; exit 1; }")
                .editSpec()
                .withRestartPolicy("OnFailure")
                .endSpec());
        Pod pod = c.awaitPhase("p", "Succeeded");
        assertEquals(1, pod.getStatus().getContainerStatuses().get(0).getRestartCount());
    }

    @Test
    void aPodPastItsDeadlineFails() {
        c.create(
                shell("p", "sleep 300").editSpec().withActiveDeadlineSeconds(1L).endSpec());
        assertEquals("DeadlineExceeded", c.awaitPhase("p", "Failed").getStatus().getReason());
    }

    @Test
    void mountsAreReachedByTheirContainerPaths(@TempDir Path folder) throws IOException {
        Files.createDirectories(folder.resolve("outer"));
        Files.writeString(folder.resolve("one.txt"), "one");
        PodBuilder pod = shell("p", "cat /workspace/agent/one.txt > /workspace/two.txt; cat \"$FILE\"; pwd; echo $HOME")
                .editSpec()
                .addNewVolume()
                .withName("outer")
                .withNewHostPath(folder.resolve("outer").toString(), "Directory")
                .endVolume()
                .addNewVolume()
                .withName("file")
                .withNewHostPath(folder.resolve("one.txt").toString(), "File")
                .endVolume()
                .addNewVolume()
                .withName("empty")
                .withNewEmptyDir()
                .endEmptyDir()
                .endVolume()
                .editFirstContainer()
                .withWorkingDir("/workspace")
                .addNewEnv()
                .withName("FILE")
                .withValue("/workspace/two.txt")
                .endEnv()
                .addNewEnv()
                .withName("HOME")
                .withValue("/home/nobody-here")
                .endEnv()
                .addNewVolumeMount()
                .withName("outer")
                .withMountPath("/workspace")
                .endVolumeMount()
                .addNewVolumeMount()
                .withName("file")
                .withMountPath("/workspace/agent/one.txt")
                .withReadOnly(true)
                .endVolumeMount()
                .addNewVolumeMount()
                .withName("empty")
                .withMountPath("/home/nobody-here/.claude")
                .endVolumeMount()
                .endContainer()
                .endSpec();
        c.create(pod);
        c.awaitPhase("p", "Succeeded");
        assertEquals("one", Files.readString(folder.resolve("outer/two.txt")));
        List<String> lines = log("p").lines().toList();
        assertTrue(lines.get(0).startsWith("one"), log("p"));
        assertTrue(lines.get(1).endsWith("/root/home/nobody-here"), log("p"));
        c.client.pods().withName("p").delete();
        assertTrue(Files.exists(folder.resolve("outer/two.txt")));
    }

    @Test
    void aServiceSeesThePodsOwnAddress() throws Exception {
        try (ServerSocket backend = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            service("backend", 3001, backend.getLocalPort());
            String clusterIp =
                    c.client.services().withName("backend").get().getSpec().getClusterIP();
            CompletableFuture<String> peer = CompletableFuture.supplyAsync(() -> {
                try (Socket socket = backend.accept()) {
                    socket.getOutputStream()
                            .write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                                    .getBytes(StandardCharsets.US_ASCII));
                    return socket.getInetAddress().getHostAddress();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            c.create(shell(
                            "p",
                            "echo $BASE; echo $ALIAS; echo $OTHER; exec 3<>/dev/tcp/${BASE_HOST%:*}/${BASE_HOST#*:}; cat <&3")
                    .editSpec()
                    .addNewHostAlias()
                    .withIp(clusterIp)
                    .withHostnames("host.docker.internal")
                    .endHostAlias()
                    .editFirstContainer()
                    .withCommand("bash", "-c")
                    .withArgs(
                            "echo $BASE; echo $ALIAS; echo $OTHER; exec 3<>/dev/tcp/${BASE_HOST%:*}/${BASE_HOST#*:}; cat <&3")
                    .addNewEnv()
                    .withName("BASE")
                    .withValue("http://backend." + NAMESPACE + ".svc.cluster.local:3001/base")
                    .endEnv()
                    .addNewEnv()
                    .withName("BASE_HOST")
                    .withValue("backend." + NAMESPACE + ".svc:3001")
                    .endEnv()
                    .addNewEnv()
                    .withName("ALIAS")
                    .withValue("http://host.docker.internal:3001")
                    .endEnv()
                    .addNewEnv()
                    .withName("OTHER")
                    .withValue("https://example.com:3001/x, 10.0.0.1:3001")
                    .endEnv()
                    .endContainer()
                    .endSpec());
            Pod pod = c.awaitPhase("p", "Succeeded");
            String ip = pod.getStatus().getPodIP();
            assertEquals(ip, peer.get(30, TimeUnit.SECONDS));
            List<String> lines = log("p").lines().toList();
            assertTrue(lines.get(0).matches("http://" + ip.replace(".", "\\.") + ":\\d+/base"), log("p"));
            assertTrue(lines.get(1).startsWith("http://" + ip + ":"), log("p"));
            assertEquals("https://example.com:3001/x, 10.0.0.1:3001", lines.get(2));
            assertEquals("HTTP/1.1 200 OK", lines.get(3));
        }
    }

    private void service(String name, int port, int backend) {
        c.client
                .resource(new ServiceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .withNewSpec()
                        .addNewPort()
                        .withPort(port)
                        .endPort()
                        .endSpec()
                        .build())
                .create();
        c.client
                .resource(new EndpointSliceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .addToLabels("kubernetes.io/service-name", name)
                        .endMetadata()
                        .withAddressType("IPv4")
                        .addNewEndpoint()
                        .withAddresses("127.0.0.1")
                        .endEndpoint()
                        .addNewPort()
                        .withPort(backend)
                        .endPort()
                        .build())
                .create();
    }

    @Test
    void readinessFollowsTheProbe(@TempDir Path folder) throws IOException {
        Path beat = folder.resolve("beat");
        c.create(shell("p", "sleep 300")
                .editSpec()
                .editFirstContainer()
                .withNewReadinessProbe()
                .withNewExec()
                .withCommand("test", "-e", beat.toString())
                .endExec()
                .withPeriodSeconds(1)
                .withFailureThreshold(1)
                .endReadinessProbe()
                .endContainer()
                .endSpec());
        c.awaitPhase("p", "Running");
        assertFalse(ready(c.client.pods().withName("p").get()));
        Files.createFile(beat);
        c.await("p", KubeletTest::ready);
        Files.delete(beat);
        c.await("p", pod -> !ready(pod));
    }

    private static boolean ready(Pod pod) {
        return pod.getStatus().getConditions().stream()
                .anyMatch(condition -> condition.getType().equals("Ready")
                        && condition.getStatus().equals("True"));
    }
}
