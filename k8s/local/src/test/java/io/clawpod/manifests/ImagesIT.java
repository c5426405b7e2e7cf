package io.clawpod.manifests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The archives that {@code mvn package -Pimage} makes: who runs in them, what they say of themselves, and what is in them. */
final class ImagesIT {
    /** Of all layers, compressed. */
    private static final long BOUND = 128L << 20;

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder = Path.of("");

    @ParameterizedTest
    @ValueSource(strings = {"spawner", "credential-proxy"})
    void anImageRunsAsNobodyHoldsNothingThatRisesAndSaysWhatIsInIt(String service) throws IOException {
        Path target = Path.of(System.getProperty("clawpod.root", "../.."), service, "target");
        Path archive = target.resolve(service + "-image.tar");
        assumeTrue(Files.exists(archive), archive + " is not there: package with -Pimage");
        Command.run("tar", "-C", folder.toString(), "-xf", archive.toString());

        JsonNode manifest = blob(read("index.json").at("/manifests/0"));
        JsonNode image = blob(manifest.path("config"));
        assertEquals(
                "application/vnd.oci.image.config.v1+json",
                manifest.at("/config/mediaType").asText());
        assertEquals("65532:65532", image.at("/config/User").asText());
        for (String label : List.of("title", "description", "version", "licenses")) {
            assertTrue(
                    !image.at("/config/Labels/org.opencontainers.image." + label)
                            .asText()
                            .isEmpty(),
                    label);
        }
        List<String> lines = new ArrayList<>();
        long size = 0;
        for (JsonNode layer : manifest.path("layers")) {
            size += layer.path("size").asLong();
            lines.addAll(Command.lines("tar", "-tvzf", file(layer).toString()));
        }
        assertTrue(size < BOUND, size + " bytes");
        assertEquals(List.of(), lines.stream().filter(line -> rises(line)).toList());
        Set<String> unlisted = shipped(target);
        assertTrue(unlisted.size() > 100, unlisted::toString);
        unlisted.removeAll(listed(sbom(manifest, lines)));
        assertEquals(Set.of(), unlisted);
    }

    /** Whether a line of the listing is of a program that runs as its owner, or a file that everybody may write. */
    private static boolean rises(String mode) {
        return mode.charAt(3) == 's' || mode.charAt(6) == 's' || (mode.charAt(0) == '-' && mode.charAt(8) == 'w');
    }

    /** The libraries of the service, as files are named there: {@code group.artifact-version.jar}. */
    private static Set<String> shipped(Path target) throws IOException {
        Set<String> names = new HashSet<>();
        for (String part : List.of("main", "boot")) {
            try (Stream<Path> files =
                    Files.list(target.resolve("quarkus-app/lib").resolve(part))) {
                files.forEach(file -> names.add(file.getFileName().toString()));
            }
        }
        return names;
    }

    /** What the bill of materials has, named in the same way. */
    private static Set<String> listed(JsonNode sbom) {
        assertEquals("CycloneDX", sbom.path("bomFormat").asText());
        Set<String> names = new HashSet<>();
        for (JsonNode component : sbom.path("components")) {
            String purl = component.path("purl").asText();
            String classifier =
                    purl.contains("classifier=") ? "-" + purl.replaceAll(".*classifier=([^&]*).*", "$1") : "";
            names.add(component.path("group").asText() + "."
                    + component.path("name").asText() + "-"
                    + component.path("version").asText() + classifier + ".jar");
        }
        return names;
    }

    private JsonNode sbom(JsonNode manifest, List<String> lines) throws IOException {
        List<String> names = lines.stream()
                .map(line -> line.substring(line.lastIndexOf(' ') + 1))
                .filter(name -> name.endsWith("-sbom.json"))
                .toList();
        assertEquals(1, names.size(), "bills of materials");
        for (JsonNode layer : manifest.path("layers")) {
            if (Command.lines("tar", "-tzf", file(layer).toString()).contains(names.get(0))) {
                Command.run("tar", "-C", folder.toString(), "-xzf", file(layer).toString(), names.get(0));
            }
        }
        return JSON.readTree(folder.resolve(names.get(0)).toFile());
    }

    private JsonNode blob(JsonNode descriptor) throws IOException {
        return JSON.readTree(file(descriptor).toFile());
    }

    private Path file(JsonNode descriptor) {
        return folder.resolve("blobs")
                .resolve(descriptor.path("digest").asText().replace(':', '/'));
    }

    private JsonNode read(String name) throws IOException {
        return JSON.readTree(folder.resolve(name).toFile());
    }
}
