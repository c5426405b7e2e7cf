package io.clawpod.spawner;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.command.WaitContainerResultCallback;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.Container;
import com.github.dockerjava.api.model.Event;
import com.github.dockerjava.api.model.Frame;
import com.github.dockerjava.api.model.StreamType;
import com.github.dockerjava.core.DefaultDockerClientConfig;
import com.github.dockerjava.core.DockerClientImpl;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import io.clawpod.spawner.testing.Agents;
import io.clawpod.spawner.testing.SpawnerProcess;
import io.clawpod.spawner.testing.TestNamespace;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The client library of Java programs, with the packaged spawner as its daemon behind a unix socket. */
class DockerJavaIT {
    private static final Map<String, String> LABELS = Map.of("client", "docker-java");
    private static final long PATIENCE_SECONDS = 60;

    /** What came of a stream, by its two parts. */
    private static final class Streams extends ResultCallback.Adapter<Frame> {
        private final StringBuilder out = new StringBuilder();
        private final StringBuilder error = new StringBuilder();

        @Override
        public void onNext(Frame frame) {
            (frame.getStreamType() == StreamType.STDERR ? error : out).append(new String(frame.getPayload(), UTF_8));
        }
    }

    @Test
    void itsCallsComeToWhatTheyComeToWithDocker(@TempDir Path folder) throws Exception {
        assumeTrue(TestNamespace.isClusterNamed(), "KUBECONFIG names no cluster to test against");
        String socket = "unix://" + folder.resolve("docker.sock");
        try (TestNamespace namespace = new TestNamespace("dockerjava");
                SpawnerProcess process = SpawnerProcess.start(
                        namespace.settings(),
                        Map.of("CLAWPOD_DOCKER_ENGINE_LISTEN", socket, "CLAWPOD_DOCKER_DEFAULT_INSTALL", "cli"))) {
            process.awaitReady();
            DefaultDockerClientConfig config = DefaultDockerClientConfig.createDefaultConfigBuilder()
                    .withDockerHost(socket)
                    .build();
            try (ZerodepDockerHttpClient http = new ZerodepDockerHttpClient.Builder()
                            .dockerHost(URI.create(socket))
                            .build();
                    DockerClient docker = DockerClientImpl.getInstance(config, http)) {
                docker.pingCmd().exec();
                assertEquals("linux", docker.versionCmd().exec().getOperatingSystem());
                assertEquals("linux", docker.infoCmd().exec().getOsType());
                oneThatEnds(docker);
                oneThatRunsOn(docker, folder);
            }
        }
    }

    private static CreateContainerCmd create(DockerClient docker, String name, String... command) {
        return docker.createContainerCmd(Agents.IMAGE)
                .withName(name)
                .withCmd(command)
                .withLabels(LABELS);
    }

    private static void oneThatEnds(DockerClient docker) throws IOException, InterruptedException {
        // The library does not tell the end of its input.
        String script = "read -r line; sleep 1; echo \"got $line\"; echo trouble >&2; exit 3";
        ConcurrentLinkedQueue<String> actions = new ConcurrentLinkedQueue<>();
        try (ResultCallback.Adapter<Event> events = docker.eventsCmd()
                .withLabelFilter(LABELS)
                .exec(new ResultCallback.Adapter<>() {
                    @Override
                    public void onNext(Event event) {
                        actions.add(event.getAction());
                    }
                })) {
            String id = create(docker, "docker-java", "bash", "-c", script)
                    .withStdinOpen(true)
                    .withStdInOnce(true)
                    .exec()
                    .getId();
            Streams attached = docker.attachContainerCmd(id)
                    .withStdIn(new ByteArrayInputStream("first\n".getBytes(UTF_8)))
                    .withStdOut(true)
                    .withStdErr(true)
                    .withFollowStream(true)
                    .exec(new Streams());
            docker.startContainerCmd(id).exec();
            assertEquals(
                    3,
                    docker.waitContainerCmd(id)
                            .exec(new WaitContainerResultCallback())
                            .awaitStatusCode(PATIENCE_SECONDS, TimeUnit.SECONDS));
            assertTrue(attached.awaitCompletion(PATIENCE_SECONDS, TimeUnit.SECONDS), "the stream ends with the agent");
            assertEquals("got first\n", attached.out.toString());
            assertEquals("trouble\n", attached.error.toString());

            InspectContainerResponse seen = docker.inspectContainerCmd(id).exec();
            assertEquals("/docker-java", seen.getName());
            assertEquals("exited", seen.getState().getStatus());
            Streams log =
                    docker.logContainerCmd(id).withStdOut(true).withStdErr(true).exec(new Streams());
            assertTrue(log.awaitCompletion(PATIENCE_SECONDS, TimeUnit.SECONDS));
            assertEquals(
                    List.of("got first", "trouble"),
                    log.out.toString().lines().sorted().toList());
            assertThrows(
                    ConflictException.class,
                    () -> create(docker, "docker-java", "true").exec());
            assertThrows(
                    NotFoundException.class,
                    () -> docker.inspectContainerCmd("nobody").exec());
            docker.removeContainerCmd(id).exec();
        }
        // The library begins to listen some time after it was told to.
        assertTrue(actions.containsAll(List.of("start", "die")), actions::toString);
    }

    private static void oneThatRunsOn(DockerClient docker, Path folder) throws IOException, InterruptedException {
        String id = create(docker, "docker-java-2", "sleep", "1000").exec().getId();
        docker.startContainerCmd(id).exec();
        List<Container> listed = docker.listContainersCmd()
                .withLabelFilter(LABELS)
                .withStatusFilter(List.of("running"))
                .exec();
        assertEquals(
                List.of("/docker-java-2"),
                listed.stream().map(each -> each.getNames()[0]).toList());

        String exec = docker.execCreateCmd(id)
                .withCmd("sh", "-c", "echo in; echo side >&2; exit 7")
                .withAttachStdout(true)
                .withAttachStderr(true)
                .exec()
                .getId();
        Streams inside = docker.execStartCmd(exec).exec(new Streams());
        assertTrue(inside.awaitCompletion(PATIENCE_SECONDS, TimeUnit.SECONDS));
        assertEquals("in\n", inside.out.toString());
        assertEquals("side\n", inside.error.toString());
        assertEquals(7, docker.inspectExecCmd(exec).exec().getExitCodeLong());

        Path file = Files.write(folder.resolve("copied"), new byte[] {1, 2, 0, 3});
        docker.copyArchiveToContainerCmd(id)
                .withHostResource(file.toString())
                .withRemotePath("/tmp")
                .exec();
        try (InputStream archive =
                docker.copyArchiveFromContainerCmd(id, "/tmp/copied").exec()) {
            byte[] tar = archive.readAllBytes();
            // The one file's content follows its header (POSIX, ustar).
            assertArrayEquals(new byte[] {1, 2, 0, 3}, java.util.Arrays.copyOfRange(tar, 512, 516));
        }
        docker.stopContainerCmd(id).withTimeout(1).exec();
        docker.removeContainerCmd(id).exec();
        assertTrue(docker.listContainersCmd()
                .withShowAll(true)
                .withLabelFilter(LABELS)
                .exec()
                .isEmpty());
    }
}
