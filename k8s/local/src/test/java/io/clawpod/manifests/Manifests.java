package io.clawpod.manifests;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The objects that {@code kubectl apply -k k8s/} sends, in the order in which it sends them. */
record Manifests(List<HasMetadata> objects) {
    private static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();

    Manifests {
        objects = List.copyOf(objects);
    }

    /** Renders the project's manifests. Skips the calling test, saying why, where nothing can render them. */
    static Manifests rendered() {
        return render(folder());
    }

    private static Manifests render(Path folder) {
        Optional<Kustomize> kustomize = Kustomize.onPath();
        assumeTrue(
                kustomize.isPresent(),
                "no kubectl with kustomize 5 (kubectl 1.27 or newer) and no kustomize 5 on the path:"
                        + " the manifests in k8s/ were not checked");
        return new Manifests(parse(kustomize.orElseThrow().render(folder)));
    }

    /** The names of the components that may be added to it. */
    static List<String> components() {
        try (Stream<Path> folders = Files.list(folder().resolve("components"))) {
            return folders.map(component -> component.getFileName().toString())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Renders the manifests with components added, as an overlay would; without any, they are as they ship. */
    static Manifests with(String... components) {
        // Not above the components: kustomize refuses a base whose folder holds the kustomization that builds on it.
        Path overlay = folder().resolve("local/target/kustomize/" + String.join("+", components));
        StringBuilder text = new StringBuilder("resources: [../../../../base]\n");
        for (String component : components) {
            text.append(text.indexOf("components:") < 0 ? "components:\n" : "")
                    .append("  - ../../../../components/")
                    .append(component)
                    .append('\n');
        }
        try {
            Files.createDirectories(overlay);
            Files.writeString(overlay.resolve("kustomization.yaml"), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return render(overlay);
    }

    /** What {@link #variant} renders: what ships, what ships with each component, and each overlay. */
    static List<String> variants() {
        return Stream.of(List.of("shipped"), components(), List.of("swarm"))
                .flatMap(List::stream)
                .toList();
    }

    static Manifests variant(String name) {
        return switch (name) {
            case "shipped" -> rendered();
            case "swarm" -> overlay(name);
            default -> with(name);
        };
    }

    /** Renders one of the overlays that ship. */
    static Manifests overlay(String name) {
        return render(folder().resolve("overlays").resolve(name));
    }

    /** The objects of a file in the test resources of this package. */
    static List<HasMetadata> resource(String name) {
        return parse(text(name));
    }

    /** The lines of a table in the test resources, split at {@code |}; empty lines and {@code #} comments are left out. */
    static List<List<String>> table(String name) {
        return text(name)
                .lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(line -> List.of(line.strip().split("\\s*\\|\\s*", -1)))
                .toList();
    }

    /** A file of the project, by its path from the project's root. */
    static String document(String path) {
        try {
            return Files.readString(folder().resolveSibling(path), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All objects of a kind that no class is for. */
    List<GenericKubernetesResource> custom(String kind) {
        return all(GenericKubernetesResource.class).stream()
                .filter(object -> object.getKind().equals(kind))
                .toList();
    }

    /** All objects of one kind. */
    <T extends HasMetadata> List<T> all(Class<T> kind) {
        return objects.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    /** The object of that kind, namespace and name; an {@link AssertionError} when there is none. */
    <T extends HasMetadata> T one(Class<T> kind, @Nullable String namespace, @Nullable String name) {
        return all(kind).stream()
                .filter(object -> Objects.equals(object.getMetadata().getNamespace(), namespace)
                        && Objects.equals(object.getMetadata().getName(), name))
                .findFirst()
                .orElseThrow(() -> new AssertionError(
                        "no " + kind.getSimpleName() + " " + namespace + "/" + name + " is rendered"));
    }

    /** The pods that the Deployments make, by {@code namespace/name of the Deployment}. */
    PodTemplateSpec template(String namespace, String name) {
        return one(Deployment.class, namespace, name).getSpec().getTemplate();
    }

    /** Reads a YAML mapping, such as the settings in a ConfigMap. */
    @SuppressWarnings("unchecked")
    static Map<String, Object> mapping(String yaml) {
        return SERIALIZATION.unmarshal(yaml, Map.class);
    }

    /** What a map that must hold the key holds for it. */
    static <T> T at(Map<String, T> map, String key) {
        T value = map.get(key);
        if (value == null) {
            throw new AssertionError(key + " is missing among " + map.keySet());
        }
        return value;
    }

    static String describe(HasMetadata object) {
        String namespace = object.getMetadata().getNamespace();
        return object.getKind() + " " + (namespace == null ? "" : namespace + "/")
                + object.getMetadata().getName();
    }

    private static List<HasMetadata> parse(String yaml) {
        Object parsed = SERIALIZATION.unmarshal(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)));
        List<?> documents = parsed instanceof List<?> list ? list : List.of(parsed);
        return documents.stream().map(HasMetadata.class::cast).toList();
    }

    private static Path folder() {
        for (Path path = Path.of("").toAbsolutePath(); path != null; path = path.getParent()) {
            if (Files.exists(path.resolve("k8s/kustomization.yaml"))) {
                return path.resolve("k8s");
            }
        }
        throw new AssertionError("no k8s/kustomization.yaml in the working folder or above it");
    }

    private static String text(String name) {
        try (InputStream in = Manifests.class.getResourceAsStream("/manifests/" + name)) {
            return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
