package io.clawpod.local.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.SecretText;
import io.clawpod.local.agent.DemoAgent;
import io.clawpod.local.testing.Cluster;
import io.clawpod.local.upstream.StubUpstream;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The demo's agent in a pod, by the host's own command, straight against the stub. */
class InstallTest {
    private Cluster c;
    private StubUpstream upstream;
    private Install install;

    @BeforeEach
    void start() throws Exception {
        c = new Cluster();
        upstream = new StubUpstream(SecretText.of("right"), Duration.ZERO);
        install = Install.create(c.cluster.folder().resolve("nanoclaw"), "Is \"this\" fine?");
        Path classes = Path.of(DemoAgent.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        c.cluster.registerImage(
                install.image(), Install.image(c.cluster.folder().resolve("image"), DemoAgent.class, classes));
    }

    @AfterEach
    void stop() {
        upstream.close();
        c.close();
    }

    private Pod run(String key) {
        List<String> argv = install.dockerRun();
        PodBuilder pod = Cluster.shell("p", "")
                .editSpec()
                .addNewVolume()
                .withName("session")
                .withNewHostPath(install.session().toString(), "Directory")
                .endVolume()
                .addNewVolume()
                .withName("src")
                .withNewHostPath(
                        install.root().resolve("container/agent-runner/src").toString(), "Directory")
                .endVolume()
                .editFirstContainer()
                .withImage(install.image())
                .withCommand("bash")
                .withArgs(argv.subList(argv.size() - 2, argv.size()))
                .addNewEnv()
                .withName("ANTHROPIC_BASE_URL")
                .withValue(upstream.url())
                .endEnv()
                .addNewEnv()
                .withName("ANTHROPIC_API_KEY")
                .withValue(key)
                .endEnv()
                .addNewVolumeMount()
                .withName("session")
                .withMountPath("/workspace")
                .endVolumeMount()
                .addNewVolumeMount()
                .withName("src")
                .withMountPath("/app/src")
                .endVolumeMount()
                .endContainer()
                .endSpec();
        c.create(pod);
        return c.await(
                "p",
                found -> found != null
                        && List.of("Succeeded", "Failed")
                                .contains(found.getStatus().getPhase()));
    }

    @Test
    void theAgentStreamsItsAnswerAndLeavesItForTheHost() throws Exception {
        assertEquals("Succeeded", run("right").getStatus().getPhase());
        String answer = Files.readString(install.session().resolve("answer.txt"));
        assertTrue(answer.contains("Is \"this\" fine?"), answer);
        assertTrue(c.client.pods().withName("p").getLog().contains(answer.strip()));
        assertTrue(Files.exists(install.session().resolve(".heartbeat")));
        assertEquals(1, upstream.accepted());
    }

    @Test
    void anAgentWithAWrongKeyFails() {
        Pod pod = run("wrong");
        assertEquals("Failed", pod.getStatus().getPhase());
        assertTrue(c.client.pods().withName("p").getLog().contains("authentication_error"));
        assertEquals(1, upstream.rejected());
    }
}
