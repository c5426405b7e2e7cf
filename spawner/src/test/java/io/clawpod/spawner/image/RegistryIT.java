package io.clawpod.spawner.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.clawpod.spawner.session.ImageInfo;
import io.clawpod.spawner.session.Images.Found;
import io.clawpod.spawner.session.Images.Tagging;
import io.clawpod.spawner.testing.RegistryProcess;
import io.clawpod.spawner.testing.SampleImage;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a real registry: Debian's package docker-registry has to be installed. */
final class RegistryIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final SampleImage IMAGE = new SampleImage();
    private static final Vertx VERTX = Vertx.vertx();

    @TempDir
    static @Nullable Path folder;

    private static @Nullable RegistryProcess registry;

    @BeforeAll
    static void start() {
        registry = new RegistryProcess(java.util.Objects.requireNonNull(folder));
        registry().push(IMAGE, "team/agent", "1");
    }

    @AfterAll
    static void stop() {
        if (registry != null) {
            registry.close();
        }
        VERTX.close().toCompletionStage().toCompletableFuture().join();
    }

    private static RegistryProcess registry() {
        return java.util.Objects.requireNonNull(registry);
    }

    private static RegistryImages images(@Nullable String password) throws IOException {
        Path file = null;
        if (password != null) {
            file = Files.writeString(
                    java.util.Objects.requireNonNull(folder).resolve("config.json"),
                    "{\"auths\":{\"" + registry().host() + "\":{\"username\":\"" + RegistryProcess.USER
                            + "\",\"password\":\"" + password + "\"}}}");
        }
        return new RegistryImages(
                VERTX, new ImageSettings(registry().host(), Set.of(registry().host()), file, "arm64"));
    }

    private static Found find(String reference) throws IOException {
        return images(RegistryProcess.PASSWORD).find(reference).await().atMost(PATIENCE);
    }

    private static Tagging tag(String source, String target) throws IOException {
        return images(RegistryProcess.PASSWORD).tag(source, target).await().atMost(PATIENCE);
    }

    private static ImageInfo present(String reference) throws IOException {
        Found found = find(reference);
        return assertInstanceOf(Found.Present.class, found, found.toString()).image();
    }

    @Test
    void anImageIsFoundByItsTagAndByItsDigest() throws IOException {
        ImageInfo image = present("team/agent:1");
        assertEquals(IMAGE.index(), image.digest());
        assertEquals("arm64", image.architecture());
        assertEquals("/app", image.workdir());
        assertEquals(IMAGE.amd64(), present("team/agent@" + IMAGE.amd64()).digest());
    }

    @Test
    void whatIsNotThereIsMissing() throws IOException {
        assertInstanceOf(Found.Missing.class, find("team/agent:2"));
        assertInstanceOf(Found.Missing.class, find("nobody/knows:1"));
        assertInstanceOf(Found.Missing.class, find("team/agent@sha256:" + "0".repeat(64)));
    }

    @Test
    void withoutTheRightPasswordNothingIsTold() throws IOException {
        assertInstanceOf(
                Found.Refused.class, images(null).find("team/agent:1").await().atMost(PATIENCE));
        assertInstanceOf(
                Found.Refused.class,
                images("wrong-" + RegistryProcess.PASSWORD)
                        .find("team/agent:1")
                        .await()
                        .atMost(PATIENCE));
    }

    @Test
    void aTagInTheSameRepositoryNamesTheSameImage() throws IOException {
        assertInstanceOf(Tagging.Tagged.class, tag("team/agent:1", "team/agent:same"));
        assertEquals(IMAGE.index(), present("team/agent:same").digest());
    }

    @Test
    void aTagInAnotherRepositoryHasAllOfTheImage() throws IOException {
        Tagging tagging = tag("team/agent:1", "elsewhere/copy:2");
        assertInstanceOf(Tagging.Tagged.class, tagging, tagging.toString());
        assertEquals(IMAGE.index(), present("elsewhere/copy:2").digest());
        assertEquals("amd64", present("elsewhere/copy@" + IMAGE.amd64()).architecture());
    }
}
